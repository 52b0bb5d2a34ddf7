//! docs/protocol.schema.json and docs/asyncapi.yaml are made from the types; `PARLOUR_WRITE_DOCS=1 cargo test -p
//! parlour-client --test schema` writes them anew. That every example of docs/protocol.md is valid by the schema, and that
//! every reference resolves, is tested in web/test/protocol-schema.test.js, by a validator of others.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::fmt::Write as _;
use std::path::Path;

use parlour_signaling::schema::{Side, messages, protocol};

#[test]
fn the_schema_is_that_of_the_types() {
    agrees("protocol.schema.json", &format!("{:#}\n", protocol()));
}

#[test]
fn asyncapi_has_every_message_for_both_carriers() {
    agrees("asyncapi.yaml", &asyncapi());
}

fn agrees(name: &str, made: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../docs")
        .join(name);
    if std::env::var_os("PARLOUR_WRITE_DOCS").is_some() {
        std::fs::write(&path, made).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == made,
        "docs/{name} is out of date: run with PARLOUR_WRITE_DOCS=1"
    );
}

/// AsyncAPI 3.0.0: two servers, a channel on each, and the same messages on both.
fn asyncapi() -> String {
    let mut text = HEAD.to_owned();
    for (channel, address, server, about) in CARRIERS {
        let _ = write!(
            text,
            "  {channel}:\n    address: {address}\n    description: {about}\n    servers:\n      - $ref: '#/servers/{server}'\n    messages:\n"
        );
        for (side, name) in SIDES {
            for kind in messages(side) {
                let _ = writeln!(
                    text,
                    "      {name}.{kind}:\n        $ref: '#/components/messages/{name}.{kind}'"
                );
            }
        }
    }
    text += "operations:\n";
    for (channel, ..) in CARRIERS {
        for (side, name) in SIDES {
            // By the server's hand: it receives what pages say.
            let action = if side == Side::Client { "receive" } else { "send" };
            let _ = write!(
                text,
                "  {channel}.{action}:\n    action: {action}\n    channel:\n      $ref: '#/channels/{channel}'\n    messages:\n"
            );
            for kind in messages(side) {
                let _ = writeln!(
                    text,
                    "      - $ref: '#/channels/{channel}/messages/{name}.{kind}'"
                );
            }
        }
    }
    text += "components:\n  messages:\n";
    for (side, name) in SIDES {
        for kind in messages(side) {
            let _ = write!(
                text,
                "    {name}.{kind}:\n      name: {kind}\n      contentType: application/json\n      payload:\n        \
                 schemaFormat: application/schema+json;version=draft-2020-12\n        schema:\n          \
                 $ref: 'protocol.schema.json#/$defs/{name}.{kind}'\n"
            );
        }
    }
    text
}

const SIDES: [(Side, &str); 2] = [(Side::Client, "client"), (Side::Server, "server")];
const CARRIERS: [(&str, &str, &str, &str); 2] = [
    (
        "websocket",
        "/ws",
        "websocket",
        "Subprotocol parlour.v1; each text message is one frame of at most 65536 bytes.",
    ),
    (
        "polling",
        "/poll",
        "polling",
        "POST carries batches up, a GET that waits brings them down; a batch is a head and then one frame a line (docs/protocol.md, Polling).",
    ),
];
const HEAD: &str = "\
asyncapi: 3.0.0
info:
  title: Parlour's signaling protocol
  version: '1'
  description: >-
    What a page and the server say to each other. docs/protocol.md says what the messages mean and in which order they come;
    this file is made from the server's types.
  license:
    name: MIT OR Apache-2.0
servers:
  websocket:
    host: meet.example.org
    protocol: wss
  polling:
    host: meet.example.org
    protocol: https
channels:
";
