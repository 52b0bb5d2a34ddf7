//! Many pages in rooms of four, driven by one thread that never sleeps: in a circle, as fast as the server can, or by a
//! timetable.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};

use super::dialect::{Dialect, Heard, Page, Papers, ROOM, Speech, arrive};
use crate::process;

/// People who come at once.
const AT_ONCE: usize = 64;
/// Time before a window in which nothing is counted.
const WARM_UP: Duration = Duration::from_millis(300);
/// What is still under way after a window may arrive for so long.
const DRAIN: Duration = Duration::from_millis(500);
/// Events of one look.
const EVENTS: usize = 1024;

/// How a crowd came.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Arrival {
    /// TCP, upgrade, and what makes somebody reachable, for so many a second.
    pub(super) per_second: f64,
    /// The server's CPU time for each, in microseconds.
    pub(super) cpu: f64,
    /// Resident memory for each, in bytes.
    pub(super) bytes: f64,
}

/// What one window showed.
#[derive(Clone, Debug, Default)]
pub(super) struct Window {
    /// Frames that reached whom they were for, and all that were delivered, to whomever.
    pub(super) frames: u64,
    pub(super) deliveries: u64,
    pub(super) length: Duration,
    /// The server's CPU time.
    pub(super) cpu: Duration,
    /// For how long the server, and the generator, had something to do and no core to do it on.
    pub(super) waited: [Duration; 2],
    /// From saying to hearing in nanoseconds, sorted; a paced frame counts from when it was due.
    pub(super) latencies: Vec<u32>,
    /// How long after its time a paced frame was said, sorted: what of a latency is the generator's own.
    pub(super) lateness: Vec<u32>,
    /// Share of the time in which the generator had something to say or to hear.
    pub(super) busy: f64,
}

pub(super) struct Crowd<'a> {
    pages: Vec<Page>,
    speech: Speech<'a>,
    epoll: Epoll,
    server: u32,
    start: Instant,
    buffer: Vec<u8>,
    heard: Vec<(usize, Heard)>,
    /// Pages to whom the system would not take everything at once.
    blocked: Vec<usize>,
    refusals: u64,
    lateness: Vec<u32>,
}

/// Lets `people` come. Without rooms they have a session with Parlour and nothing else.
pub(super) fn come(
    dialect: Dialect,
    (address, pid): (SocketAddr, u32),
    people: usize,
    papers: Option<&Papers>,
) -> io::Result<(Vec<Page>, Arrival)> {
    // The first ones pay for what is made once. They go again.
    drop(arrive(dialect, address, people..people + ROOM, None)?);
    std::thread::sleep(WARM_UP);
    let (before, cpu, start) = (process::resident(pid)?, process::cpu(pid)?, Instant::now());
    let mut pages = Vec::with_capacity(people);
    while pages.len() < people {
        let batch = pages.len()..(pages.len() + AT_ONCE).min(people);
        pages.append(&mut arrive(dialect, address, batch, papers)?);
    }
    let (length, cpu) = (start.elapsed(), process::cpu(pid)? - cpu);
    std::thread::sleep(DRAIN);
    let arrival = Arrival {
        per_second: people as f64 / length.as_secs_f64(),
        cpu: cpu.as_secs_f64() * 1e6 / people as f64,
        bytes: process::resident(pid)?.saturating_sub(before) as f64 / people as f64,
    };
    Ok((pages, arrival))
}

impl<'a> Crowd<'a> {
    pub(super) fn new(
        dialect: Dialect,
        server: u32,
        pages: Vec<Page>,
        papers: &'a Papers,
    ) -> io::Result<Self> {
        let epoll = Epoll::new(EpollCreateFlags::empty())?;
        for (index, page) in pages.iter().enumerate() {
            page.socket.set_nonblocking()?;
            epoll.add(&page.socket, EpollEvent::new(EpollFlags::EPOLLIN, index as u64))?;
        }
        Ok(Self {
            pages,
            speech: Speech::new(dialect, papers),
            epoll,
            server,
            start: Instant::now(),
            buffer: Vec::new(),
            heard: Vec::new(),
            blocked: Vec::new(),
            refusals: 0,
            lateness: Vec::new(),
        })
    }

    /// In each room one frame goes round; who gets it says the next one.
    pub(super) fn circle(&mut self, length: Duration) -> io::Result<Window> {
        for room in 0..self.pages.len() / ROOM {
            let first = room * ROOM;
            self.say(first, next(first), self.now())?;
        }
        self.turn(WARM_UP, |crowd, page, _| crowd.say(page, next(page), crowd.now()))?;
        let window = self.turn(length, |crowd, page, _| crowd.say(page, next(page), crowd.now()))?;
        // What is under way ends with its next stop.
        self.turn(DRAIN, |_, _, _| Ok(()))?;
        Ok(window)
    }

    /// So many frames a second, evenly spaced, everybody in turn.
    pub(super) fn paced(&mut self, per_second: f64, length: Duration) -> io::Result<Window> {
        let (begin, every) = (self.now(), 1e9 / per_second);
        let mut said = 0_u64;
        let mut timetable = |crowd: &mut Self| -> io::Result<bool> {
            let before = said;
            loop {
                let due = begin + (said as f64 * every) as u64;
                let Some(late) = crowd.now().checked_sub(due) else {
                    return Ok(said > before);
                };
                crowd.lateness.push(u32::try_from(late).unwrap_or(u32::MAX));
                // 1009 is prime: neighbours on the timetable are far from each other in memory.
                let page = (said as usize).wrapping_mul(1009) % crowd.pages.len();
                crowd.say(page, next(page), due)?;
                said += 1;
            }
        };
        self.look(WARM_UP, &mut timetable, |_, _, _| Ok(()))?;
        let window = self.look(length, &mut timetable, |_, _, _| Ok(()))?;
        self.turn(DRAIN, |_, _, _| Ok(()))?;
        Ok(window)
    }

    fn turn(
        &mut self,
        length: Duration,
        arrived: impl FnMut(&mut Self, usize, u64) -> io::Result<()>,
    ) -> io::Result<Window> {
        self.look(length, &mut |_| Ok(false), arrived)
    }

    /// Hears everybody for so long; `arrived` is told who has got a frame that was for them, said when. `timetable` says what
    /// is due, and whether anything was.
    fn look(
        &mut self,
        length: Duration,
        timetable: &mut impl FnMut(&mut Self) -> io::Result<bool>,
        mut arrived: impl FnMut(&mut Self, usize, u64) -> io::Result<()>,
    ) -> io::Result<Window> {
        let mut events = [EpollEvent::empty(); EVENTS];
        let server = self.server;
        let waited = || io::Result::Ok([process::waited(server)?, process::waited(std::process::id())?]);
        let (before, start, cpu) = (waited()?, Instant::now(), process::cpu(self.server)?);
        let (mut window, mut idle) = (Window::default(), Duration::ZERO);
        self.lateness.clear();
        while start.elapsed() < length {
            let look = Instant::now();
            let said = timetable(self)?;
            let count = self.epoll.wait(&mut events, EpollTimeout::ZERO)?;
            if !said && count == 0 {
                idle += look.elapsed();
            }
            for event in &events[..count] {
                let index = event.data() as usize;
                let mut heard = std::mem::take(&mut self.heard);
                self.pages[index].hear(self.speech.dialect, &mut self.buffer, |what| {
                    heard.push((index, what))
                })?;
                for (index, what) in heard.drain(..) {
                    match what {
                        Heard::Frame { at, to } => {
                            window.deliveries += 1;
                            if to == index {
                                window.frames += 1;
                                let took = self.now().saturating_sub(at);
                                window.latencies.push(u32::try_from(took).unwrap_or(u32::MAX));
                                arrived(self, index, at)?;
                            }
                        }
                        Heard::Other => {}
                        Heard::Refusal => self.refusals += 1,
                    }
                }
                self.heard = heard;
            }
            let mut still = std::mem::take(&mut self.blocked);
            let pages = &mut self.pages;
            still.retain(|index| !pages[*index].socket.flush().unwrap_or(true));
            self.blocked.append(&mut still);
        }
        if self.refusals > 0 {
            return Err(io::Error::other(format!("{} frames were refused", self.refusals)));
        }
        window.length = start.elapsed();
        window.cpu = process::cpu(self.server)? - cpu;
        let after = waited()?;
        window.waited = [after[0] - before[0], after[1] - before[1]];
        window.latencies.sort_unstable();
        window.lateness = std::mem::take(&mut self.lateness);
        window.lateness.sort_unstable();
        window.busy = 1.0 - idle.as_secs_f64() / window.length.as_secs_f64();
        Ok(window)
    }

    fn say(&mut self, page: usize, to: usize, at: u64) -> io::Result<()> {
        let speaker = &mut self.pages[page];
        self.speech.say(speaker, to, at)?;
        if !speaker.socket.flush()? {
            self.blocked.push(page);
        }
        Ok(())
    }

    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}

/// Who is next in the same room.
fn next(page: usize) -> usize {
    page / ROOM * ROOM + (page + 1) % ROOM
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_stays_in_its_room_and_visits_everybody() {
        assert_eq!([8, 9, 10, 11].map(next), [9, 10, 11, 8]);
    }
}
