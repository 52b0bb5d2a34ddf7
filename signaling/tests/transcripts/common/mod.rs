//! The bench: one server, any number of pretend pages, a relay that counts seats, and time that moves when told.

pub(crate) mod page;
pub(crate) mod room;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

use parlour_signaling::{
    ClientMessage, ClientSignal, Closed, Config, ConnectionId, Credentials, Empty, ErrorBody, ErrorCode,
    IceTemplate, Join, Joined, Output, Pid, Rate, RoomId, RoomTag, SeatId, ServerMessage, SessionId,
    Signaling, Source, View,
};

pub(crate) use page::Page;
pub(crate) use room::{Host, Person, Rules, TOMORROW, UNIX, link, name_id, signed};

/// A page's place in [`Bench::pages`].
pub(crate) type P = usize;

pub(crate) struct Bench {
    pub(crate) machine: Signaling,
    pub(crate) now: Instant,
    pub(crate) pages: Vec<Page>,
    next_connection: u64,
    by_connection: BTreeMap<ConnectionId, P>,
    /// What came for connections that belong to no page.
    pub(crate) raw: BTreeMap<ConnectionId, Vec<Output>>,
    pub(crate) relay: Relay,
    /// Frames, either way, that are lost together with their connection; counted from 1.
    pub(crate) losses: BTreeSet<usize>,
    pub(crate) frames: usize,
    /// Whether pages whose connection breaks come back at once.
    pub(crate) reconnects: bool,
}

/// What the relay was told.
#[derive(Default)]
pub(crate) struct Relay {
    pub(crate) open: BTreeMap<SeatId, RoomTag>,
    pub(crate) opened: usize,
    pub(crate) closed: usize,
}

pub(crate) fn config() -> Config {
    Config {
        ice_servers: vec![
            IceTemplate {
                urls: vec!["stun:{host}:3478".to_owned()],
                with_credential: false,
            },
            IceTemplate {
                urls: vec!["turn:{host}:3478?transport=udp".to_owned()],
                with_credential: true,
            },
        ],
        ..Config::default()
    }
}

/// `burst` at once, and one more each so many seconds.
pub(crate) fn rate(burst: u32, seconds: u64) -> Rate {
    Rate {
        burst,
        every: Duration::from_secs(seconds),
    }
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self::with(config())
    }

    pub(crate) fn with(config: Config) -> Self {
        #[expect(clippy::disallowed_methods, reason = "an Instant can be had in no other way")]
        let start = Instant::now();
        let machine = Signaling::new(start, UNIX * 1000, config, Credentials::new([3; 32]), [7; 32]);
        Self {
            machine,
            now: start,
            pages: vec![],
            next_connection: 0,
            by_connection: BTreeMap::new(),
            raw: BTreeMap::new(),
            relay: Relay::default(),
            losses: BTreeSet::new(),
            frames: 0,
            reconnects: false,
        }
    }

    /// A page with a session, from an address of its own.
    pub(crate) fn page(&mut self) -> P {
        let n = u8::try_from(self.pages.len()).unwrap();
        self.page_from(IpAddr::V4(Ipv4Addr::new(10, 0, n, 1)))
    }

    pub(crate) fn page_from(&mut self, ip: IpAddr) -> P {
        self.pages.push(Page::new(ip));
        let page = self.pages.len() - 1;
        self.connect(page);
        page
    }

    /// Opens a connection for a page and says hello.
    pub(crate) fn connect(&mut self, page: P) {
        let id = self.open(self.pages[page].ip);
        self.by_connection.insert(id, page);
        self.pages[page].connection = Some(id);
        self.pages[page].closed = None;
        let hello = self.pages[page].hello();
        self.transmit(page, &hello);
        self.pump();
    }

    /// Opens a connection that belongs to no page.
    pub(crate) fn open(&mut self, ip: IpAddr) -> ConnectionId {
        self.next_connection += 1;
        let id = ConnectionId(self.next_connection);
        self.machine.handle_opened(
            self.now,
            id,
            Source {
                ip,
                host: "meet.example:8443".to_owned(),
            },
        );
        id
    }

    /// Says something on a connection that belongs to no page, and hears what comes of it.
    pub(crate) fn raw(&mut self, id: ConnectionId, text: &str) -> Vec<Output> {
        self.machine.handle_text(self.now, id, text);
        self.pump();
        self.raw.remove(&id).unwrap_or_default()
    }

    /// Says something that is answered.
    pub(crate) fn ask(&mut self, page: P, message: ClientMessage) -> ServerMessage {
        let id = self.request(page, message);
        self.pages[page]
            .answer(id)
            .cloned()
            .unwrap_or_else(|| panic!("no answer"))
    }

    /// Says something that may be answered later; its request number.
    pub(crate) fn request(&mut self, page: P, message: ClientMessage) -> u32 {
        let message = self.signed(page, message);
        let (id, text) = self.pages[page].frame(message, true);
        if self.pages[page].live {
            self.transmit(page, &text);
        }
        self.pump();
        id.unwrap()
    }

    /// Says something without a request number.
    pub(crate) fn say(&mut self, page: P, message: ClientMessage) {
        let message = self.signed(page, message);
        let (_, text) = self.pages[page].frame(message, false);
        if self.pages[page].live {
            self.transmit(page, &text);
        }
        self.pump();
    }

    /// A join is signed for the session in which it is said.
    fn signed(&self, page: P, message: ClientMessage) -> ClientMessage {
        match self.pages[page].ticket {
            Some((session, _)) => signed(message, session),
            None => message,
        }
    }

    /// The page's session.
    pub(crate) fn session(&self, page: P) -> SessionId {
        self.pages[page].ticket.expect("it has said hello").0
    }

    pub(crate) fn refused(&mut self, page: P, message: ClientMessage) -> ErrorCode {
        self.refusal(page, message).code
    }

    pub(crate) fn refusal(&mut self, page: P, message: ClientMessage) -> ErrorBody {
        match self.ask(page, message) {
            ServerMessage::Error(error) => error,
            other => panic!("not refused: {other:?}"),
        }
    }

    pub(crate) fn done(&mut self, page: P, message: ClientMessage) {
        let answer = self.ask(page, message);
        assert!(
            matches!(
                answer,
                ServerMessage::Done(_) | ServerMessage::Created(_) | ServerMessage::Left(_)
            ),
            "{answer:?}"
        );
    }

    pub(crate) fn join(&mut self, page: P, join: Join) -> Joined {
        match self.ask(page, ClientMessage::Join(join)) {
            ServerMessage::Joined(joined) => joined,
            other => panic!("not joined: {other:?}"),
        }
    }

    pub(crate) fn leave(&mut self, page: P) {
        self.done(page, ClientMessage::Leave(Empty {}));
    }

    pub(crate) fn signal(&mut self, page: P, to: Pid, body: &str) {
        self.say(
            page,
            ClientMessage::Signal(ClientSignal {
                to,
                body: body.to_owned(),
            }),
        );
    }

    /// A room with its host in it: the page.
    pub(crate) fn room(&mut self, host: &Host, rules: &Rules) -> P {
        let page = self.page();
        let name = rules.link.unwrap().1;
        self.done(
            page,
            ClientMessage::Create(host.claim(name, std::slice::from_ref(rules))),
        );
        let joined = self.join(page, host.join_as_host(name, &Person::new(100), 100));
        assert!(joined.seat);
        page
    }

    /// What a page heard in sequence since it was last asked.
    pub(crate) fn heard(&mut self, page: P) -> Vec<ServerMessage> {
        let page = &mut self.pages[page];
        let news = page.log[page.looked_at..]
            .iter()
            .map(|(_, message)| message.clone())
            .collect();
        page.looked_at = page.log.len();
        news
    }

    pub(crate) fn signals(&mut self, page: P) -> Vec<(Pid, String)> {
        let heard = self.heard(page).into_iter();
        heard
            .filter_map(|message| match message {
                ServerMessage::Signal(signal) => Some((signal.from, signal.body)),
                _ => None,
            })
            .collect()
    }

    /// The room as a page last heard of it.
    pub(crate) fn view(&self, page: P) -> View {
        let views = self.pages[page]
            .log
            .iter()
            .rev()
            .find_map(|(_, message)| match message {
                ServerMessage::View(view) => Some(view.clone()),
                ServerMessage::Joined(joined) => Some(joined.view.clone()),
                _ => None,
            });
        views.expect("a view")
    }

    pub(crate) fn seats(&self, page: P) -> Vec<Pid> {
        self.view(page).seats.iter().map(|seat| seat.pid).collect()
    }

    /// The page's connection breaks.
    pub(crate) fn cut(&mut self, page: P) {
        self.end(page, Closed::Broken);
    }

    /// The page closes its connection.
    pub(crate) fn close(&mut self, page: P) {
        self.end(page, Closed::Clean);
    }

    /// The operator ends rooms.
    pub(crate) fn close_rooms(&mut self, which: Option<RoomId>) -> usize {
        let count = self.machine.handle_close(self.now, which);
        self.pump();
        count
    }

    /// Lets time pass, waking the machine when it wants to be woken.
    pub(crate) fn after(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(at) = self.machine.poll_timeout().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.machine.handle_timeout(self.now);
            assert!(
                self.machine.poll_timeout().is_none_or(|next| next > self.now),
                "woken for nothing"
            );
            self.pump();
        }
        self.now = end;
    }

    pub(crate) fn seconds(&mut self, seconds: u64) {
        self.after(Duration::from_secs(seconds));
    }

    /// Lets views that were held back be told.
    pub(crate) fn settle(&mut self) {
        self.after(Duration::from_millis(200));
    }

    /// Carries frames until nobody has anything to say.
    pub(crate) fn pump(&mut self) {
        loop {
            if let Some(output) = self.machine.poll_output() {
                self.carry(output);
            } else if let Some((page, ack)) = self.next_ack() {
                self.transmit(page, &ack);
            } else if let Some(page) = self.next_reconnect() {
                self.connect(page);
            } else {
                break;
            }
        }
    }

    fn next_ack(&mut self) -> Option<(P, String)> {
        self.pages
            .iter_mut()
            .enumerate()
            .find_map(|(n, page)| Some((n, page.ack()?)))
    }

    fn next_reconnect(&self) -> Option<P> {
        let lost = |page: &Page| page.connection.is_none() && page.closed.is_none_or(|code| code != 1000);
        self.reconnects
            .then(|| self.pages.iter().position(lost))
            .flatten()
    }

    fn carry(&mut self, output: Output) {
        match output {
            Output::SeatOpened { seat, room } => {
                assert!(
                    self.relay.open.insert(seat, room).is_none(),
                    "a seat opened twice"
                );
                self.relay.opened += 1;
            }
            Output::SeatClosed { seat } => {
                assert!(
                    self.relay.open.remove(&seat).is_some(),
                    "a seat closed that is not open"
                );
                self.relay.closed += 1;
            }
            Output::Send { to, ref text } => match self.by_connection.get(&to).copied() {
                Some(page) => {
                    if self.is_lost(page) {
                        return;
                    }
                    for again in self.pages[page].hear(text) {
                        if self.pages[page].connection == Some(to) {
                            self.transmit(page, &again);
                        }
                    }
                }
                None => self.raw.entry(to).or_default().push(output),
            },
            Output::Ping { to } => match self.by_connection.get(&to) {
                Some(page) if self.pages[*page].answers_pings => self.machine.handle_pong(self.now, to),
                Some(_) => {}
                None => self.raw.entry(to).or_default().push(output),
            },
            Output::Close { to, code, .. } => match self.by_connection.remove(&to) {
                Some(page) => {
                    let page = &mut self.pages[page];
                    (page.connection, page.live, page.closed) = (None, false, Some(code));
                }
                None => self.raw.entry(to).or_default().push(output),
            },
        }
    }

    /// A frame from a page to the server.
    pub(crate) fn transmit(&mut self, page: P, text: &str) {
        if let Some(id) = self.pages[page].connection
            && !self.is_lost(page)
        {
            self.machine.handle_text(self.now, id, text);
        }
    }

    /// Counts a frame; if it is to be lost then its connection is, too.
    fn is_lost(&mut self, page: P) -> bool {
        self.frames += 1;
        let lost = self.losses.contains(&self.frames);
        if lost {
            self.disconnect(page, Closed::Broken);
        }
        lost
    }

    fn end(&mut self, page: P, how: Closed) {
        self.disconnect(page, how);
        self.pump();
    }

    fn disconnect(&mut self, page: P, how: Closed) {
        let page = &mut self.pages[page];
        page.live = false;
        if let Some(id) = page.connection.take() {
            self.by_connection.remove(&id);
            self.machine.handle_closed(self.now, id, how);
        }
    }
}
