//! Rooms, people and rules with real signatures, written independently of the server's own reader (seal, 0 to 3).
//!
//! Everything follows from small numbers: the same host, person and page are the same bytes in every test.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signer as _, SigningKey};
use parlour_signaling::{
    Claim, ClientMessage, Core, HostPk, Join, Pid, RoomId, SealedBox, SessionId, Signature, SignedState, Spk,
    States,
};
use sha2::{Digest as _, Sha256};

/// The wall clock at the start of each test: 20 November 2026, 16:00 UTC.
pub(crate) const UNIX: u64 = 1_795_190_400;
/// A day later, the usual `until`.
pub(crate) const TOMORROW: u64 = UNIX + 24 * 3600;

/// A host key, and what the room is called that it has.
pub(crate) struct Host {
    key: SigningKey,
    room: Vec<u8>,
}

/// Somebody.
#[derive(Clone)]
pub(crate) struct Person(SigningKey);

/// One page of somebody in one room.
pub(crate) struct PagePapers {
    pub(crate) core: Core,
    pub(crate) hid: [u8; 32],
}

/// In a join that nobody has signed yet.
pub(crate) const UNSIGNED: Signature = Signature([0; 64]);

/// Rules before they are signed.
#[derive(Clone)]
pub(crate) struct Rules {
    pub(crate) clock: Vec<(&'static str, u64)>,
    pub(crate) mode: &'static str,
    pub(crate) door: &'static str,
    pub(crate) cap: u64,
    pub(crate) pw: u64,
    pub(crate) link: Option<(u64, RoomId)>,
    pub(crate) members: Vec<Spk>,
    pub(crate) removed: Vec<Spk>,
    pub(crate) ends: Option<u64>,
    pub(crate) over: bool,
    pub(crate) until: u64,
}

/// Names of rooms in these tests.
const NAMES: [&str; 2] = ["choir", "other"];

/// What a join with this id is about.
fn room_of(host_pk: HostPk, room_id: RoomId) -> Vec<u8> {
    let named = NAMES.into_iter().find(|name| name_id(name) == room_id);
    match named {
        Some(name) => [&[2], name.as_bytes()].concat(),
        None => [&[1][..], &sha(&host_pk.0)].concat(),
    }
}

/// The id of a named room.
pub(crate) fn name_id(name: &str) -> RoomId {
    let room = [&[2], name.as_bytes()].concat();
    RoomId(sha(&lv(&[b"parlour/1 name", &room]))[..12].try_into().unwrap())
}

/// The link with this number.
pub(crate) fn link(n: u8) -> RoomId {
    RoomId([n; 12])
}

impl Host {
    /// Of a room that is reached by links.
    pub(crate) fn new(n: u8) -> Self {
        let key = SigningKey::from_bytes(&sha(&[b'h', n]));
        let room = [&[1][..], &sha(&key.verifying_key().to_bytes())].concat();
        Self { key, room }
    }

    /// Of a room that is reached by a name.
    pub(crate) fn named(n: u8, name: &str) -> Self {
        let room = [&[2], name.as_bytes()].concat();
        Self { room, ..Self::new(n) }
    }

    pub(crate) fn pk(&self) -> HostPk {
        HostPk(self.key.verifying_key().to_bytes())
    }

    pub(crate) fn room(&self) -> &[u8] {
        &self.room
    }

    pub(crate) fn is_named(&self) -> bool {
        self.room[0] == 2
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Signature {
        Signature(self.key.sign(message).to_bytes())
    }

    /// Signs any text as a state.
    pub(crate) fn sign_state(&self, json: String) -> SignedState {
        let sig = self.sign(&lv(&[b"parlour/1 state", json.as_bytes()]));
        SignedState { json, sig }
    }

    pub(crate) fn state(&self, rules: &Rules) -> SignedState {
        self.sign_state(self.state_text(&rules.text(self), rules.until))
    }

    /// The text of a state around the text of its rules.
    pub(crate) fn state_text(&self, rules: &str, until: u64) -> String {
        let quoted = serde_json::to_string(rules).unwrap();
        format!(
            r#"{{"v":1,"room":"{}","rules":{quoted},"until":{until}}}"#,
            b64(self.room())
        )
    }

    pub(crate) fn states(&self, rules: &[Rules]) -> States {
        States {
            states: rules.iter().map(|rules| self.state(rules)).collect(),
        }
    }

    /// A room's papers. Named rooms have no box.
    pub(crate) fn claim(&self, name: RoomId, rules: &[Rules]) -> Claim {
        if self.is_named() {
            return Claim {
                room_id: name,
                host_pk: self.pk(),
                states: self.states(rules).states,
                room_box: None,
                box_sig: None,
            };
        }
        let sealed: Vec<u8> = (0..97).map(|n| n ^ name.0[0] ^ self.pk().0[0]).collect();
        let box_sig = self.sign(&lv(&[b"parlour/1 room-box", &name.0, &sealed]));
        Claim {
            room_id: name,
            host_pk: self.pk(),
            states: self.states(rules).states,
            room_box: SealedBox::new(sealed),
            box_sig: Some(box_sig),
        }
    }

    /// What a person's page says to be let in; still to be signed for the session in which it is said ([`signed`]).
    pub(crate) fn join(&self, name: RoomId, person: &Person, page: u8) -> Join {
        Join {
            room_id: name,
            host_pk: self.pk(),
            core: person.page(self, page).core,
            join_sig: UNSIGNED,
            host_in: None,
        }
    }

    /// The same with the proof that this page holds the host key.
    pub(crate) fn join_as_host(&self, name: RoomId, person: &Person, page: u8) -> Join {
        Join {
            host_in: Some(self.host_in(person, page)),
            ..self.join(name, person, page)
        }
    }

    /// The host key's word that this page is a host.
    pub(crate) fn host_in(&self, person: &Person, page: u8) -> Signature {
        let hid = person.page(self, page).hid;
        self.sign(&lv(&[b"parlour/1 host-in", self.room(), &hid]))
    }
}

impl Person {
    pub(crate) fn new(n: u8) -> Self {
        Self(SigningKey::from_bytes(&sha(&[b'p', n])))
    }

    pub(crate) fn spk(&self) -> Spk {
        Spk(self.0.verifying_key().to_bytes())
    }

    pub(crate) fn page(&self, host: &Host, page: u8) -> PagePapers {
        let mut core = vec![1];
        core.extend(sha(&[b'e', page]));
        core.extend(self.spk().0);
        core.extend(sha(&[b'f', page]));
        core.extend([page; 16]);
        core.extend(0_u32.to_be_bytes());
        let core = Core(core.try_into().unwrap());
        let hid = sha(&lv(&[b"parlour/1 id", host.room(), &core.0]));
        PagePapers { core, hid }
    }

    /// A person's signature under a join of this room in this session.
    pub(crate) fn join_sig(&self, room: &[u8], session: SessionId, core: &Core) -> Signature {
        let message = lv(&[b"parlour/1 join", room, &session.0, &core.0]);
        Signature(self.0.sign(&message).to_bytes())
    }

    pub(crate) fn pid(&self, host: &Host, page: u8) -> Pid {
        Pid(self.page(host, page).hid[..8].try_into().unwrap())
    }
}

impl Rules {
    /// A room that anybody with the link may enter.
    pub(crate) fn open(name: RoomId) -> Self {
        Self {
            clock: vec![("h00000001", 1)],
            mode: "off",
            door: "open",
            cap: 8,
            pw: 0,
            link: Some((1, name)),
            members: vec![],
            removed: vec![],
            ends: None,
            over: false,
            until: TOMORROW,
        }
    }

    /// A named room that anybody may enter.
    pub(crate) fn named() -> Self {
        Self {
            link: None,
            ..Self::open(link(0))
        }
    }

    /// A room whose host lets people in.
    pub(crate) fn knock(name: RoomId) -> Self {
        Self {
            door: "knock",
            ..Self::open(name)
        }
    }

    /// The next rules of the first host page.
    pub(crate) fn next(mut self) -> Self {
        self.clock[0].1 += 1;
        self
    }

    pub(crate) fn members(mut self, people: &[&Person]) -> Self {
        self.members = sorted(people);
        self
    }

    pub(crate) fn removed(mut self, people: &[&Person]) -> Self {
        self.removed = sorted(people);
        self
    }

    /// The canonical text.
    pub(crate) fn text(&self, host: &Host) -> String {
        let clock: Vec<String> = self
            .clock
            .iter()
            .map(|(page, n)| format!(r#""{page}":{n}"#))
            .collect();
        let mut out = format!(
            r#"{{"clock":{{{}}},"host":"{}","mode":"{}","door":"{}","cap":{},"pw":{}"#,
            clock.join(","),
            b64(&host.pk().0),
            self.mode,
            self.door,
            self.cap,
            self.pw
        );
        if let Some((n, id)) = self.link {
            out += &format!(r#","link":{{"n":{n},"id":"{}"}}"#, b64(&id.0));
        }
        out += &format!(
            r#","members":{},"removed":{}"#,
            list(&self.members),
            list(&self.removed)
        );
        if let Some(ends) = self.ends {
            out += &format!(r#","ends":{ends}"#);
        }
        if self.over {
            out += r#","over":true"#;
        }
        out + "}"
    }
}

/// What a page says, signed for its session if it is a join that nobody has signed yet: there are few people in these
/// tests, so whoever the core names is found among them.
pub(crate) fn signed(message: ClientMessage, session: SessionId) -> ClientMessage {
    match message {
        ClientMessage::Join(join) if join.join_sig == UNSIGNED => {
            let person = (0..=u8::MAX)
                .map(Person::new)
                .find(|person| person.spk().0 == join.core.0[33..65]);
            let join_sig = person.map_or(UNSIGNED, |person| {
                person.join_sig(&room_of(join.host_pk, join.room_id), session, &join.core)
            });
            ClientMessage::Join(Join { join_sig, ..join })
        }
        other => other,
    }
}

fn sorted(people: &[&Person]) -> Vec<Spk> {
    let mut keys: Vec<Spk> = people.iter().map(|person| person.spk()).collect();
    keys.sort_by_key(|spk| b64(&spk.0));
    keys
}

fn list(keys: &[Spk]) -> String {
    let quoted: Vec<String> = keys.iter().map(|spk| format!(r#""{}""#, b64(&spk.0))).collect();
    format!("[{}]", quoted.join(","))
}

pub(crate) fn lv(items: &[&[u8]]) -> Vec<u8> {
    items
        .iter()
        .flat_map(|item| [&u32::try_from(item.len()).unwrap().to_be_bytes()[..], item].concat())
        .collect()
}

pub(crate) fn sha(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

pub(crate) fn b64(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
