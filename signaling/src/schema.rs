//! JSON Schema (2020-12) of every frame, made from the types that read and write them; docs/protocol.schema.json is this.
//!
//! Built with the feature `schema` only, which no release has.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};

use crate::batch::Opened;
use crate::message::{
    Bye, Claim, ClientSignal, Empty, ErrorBody, Hello, Host, Ice, Invitation, Invite, Join, Joined, Look,
    Redeem, Resumed, RoomInfo, Seat, Seated, ServerSignal, States, View, Welcome,
};

/// Who says something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// A page.
    Client,
    /// The server.
    Server,
}

/// Type of a message, who says it, and the schema of its body.
type Entry = (&'static str, Side, fn(&mut SchemaGenerator) -> Schema);

const fn body<T: JsonSchema>() -> fn(&mut SchemaGenerator) -> Schema {
    |generator| generator.subschema_for::<T>()
}

/// What the server says with `{}`: pages ignore fields that they do not know.
fn anything(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "object" })
}

/// Every message of the protocol. A new one that is forgotten here fails in the tests of its example.
const MESSAGES: &[Entry] = &[
    ("hello", Side::Client, body::<Hello>()),
    ("ping", Side::Client, body::<Empty>()),
    ("ack", Side::Client, body::<Empty>()),
    ("create", Side::Client, body::<Claim>()),
    ("restore", Side::Client, body::<Claim>()),
    ("look", Side::Client, body::<Look>()),
    ("join", Side::Client, body::<Join>()),
    ("host", Side::Client, body::<Host>()),
    ("seated", Side::Client, body::<Seated>()),
    ("invite", Side::Client, body::<Invite>()),
    ("redeem", Side::Client, body::<Redeem>()),
    ("revoke", Side::Client, body::<Redeem>()),
    ("signal", Side::Client, body::<ClientSignal>()),
    ("state", Side::Client, body::<States>()),
    ("ice", Side::Client, body::<Empty>()),
    ("leave", Side::Client, body::<Empty>()),
    ("welcome", Side::Server, body::<Welcome>()),
    ("resumed", Side::Server, body::<Resumed>()),
    ("gone", Side::Server, body::<Welcome>()),
    ("pong", Side::Server, anything),
    ("ack", Side::Server, anything),
    ("created", Side::Server, anything),
    ("room", Side::Server, body::<RoomInfo>()),
    ("joined", Side::Server, body::<Joined>()),
    ("done", Side::Server, anything),
    ("invitation", Side::Server, body::<Invitation>()),
    ("seat", Side::Server, body::<Seat>()),
    ("view", Side::Server, body::<View>()),
    ("signal", Side::Server, body::<ServerSignal>()),
    ("ice", Side::Server, body::<Ice>()),
    ("left", Side::Server, anything),
    ("bye", Side::Server, body::<Bye>()),
    ("error", Side::Server, body::<ErrorBody>()),
];

/// Types of the messages of one side, in the order of the document.
pub fn messages(side: Side) -> impl Iterator<Item = &'static str> {
    let said = MESSAGES.iter().filter(move |(_, by, _)| *by == side);
    said.map(|(kind, _, _)| *kind)
}

/// The schema: `$defs` has `client` and `server`, a frame of either side; `client.KIND` and `server.KIND`, those of one type;
/// `opened`, the answer to a poll's first batch; and the bodies by the names of their types.
#[must_use]
pub fn protocol() -> Value {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let mut defs = Map::new();
    for (name, side) in [("client", Side::Client), ("server", Side::Server)] {
        let any: Vec<Value> = messages(side)
            .map(|kind| json!({ "$ref": format!("#/$defs/{name}.{kind}") }))
            .collect();
        defs.insert(name.to_owned(), json!({ "oneOf": any }));
    }
    for (kind, side, body) in MESSAGES {
        let name = match side {
            Side::Client => "client",
            Side::Server => "server",
        };
        defs.insert(format!("{name}.{kind}"), frame(kind, *side, body(&mut generator)));
    }
    let opened = generator.subschema_for::<Opened>();
    defs.insert("opened".to_owned(), opened.to_value());
    defs.append(&mut generator.take_definitions(true));
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Parlour's signaling protocol, version 1",
        "description": "Made from the types that the server reads and writes; docs/protocol.md says what they mean.",
        "$defs": defs,
    })
}

/// What stands around a body. A page's frame has no other fields; the server's may get some.
fn frame(kind: &str, side: Side, body: Schema) -> Value {
    let number = json!({ "type": "integer", "minimum": 0, "maximum": u32::MAX });
    let request = json!({ "type": "integer", "minimum": 1, "maximum": u32::MAX });
    let name = match side {
        Side::Client => "id",
        Side::Server => "re",
    };
    let mut frame = json!({
        "type": "object",
        "properties": {
            "t": { "const": kind },
            name: request,
            "s": number,
            "a": number,
            "d": body.to_value(),
        },
        "required": ["t", "s", "a", "d"],
    });
    if let (Side::Client, Some(frame)) = (side, frame.as_object_mut()) {
        frame.insert("additionalProperties".to_owned(), false.into());
    }
    frame
}

/// So many bytes as unpadded base64url. That the last character has one spelling only, a pattern cannot say.
pub(crate) fn base64url(least: usize, most: usize) -> Schema {
    let length = |bytes: usize| (bytes * 4).div_ceil(3);
    let pattern = format!("^[A-Za-z0-9_-]{{{},{}}}$", length(least), length(most));
    json_schema!({ "type": "string", "pattern": pattern })
}
