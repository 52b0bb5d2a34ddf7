//! The batched socket calls of Linux that no kept safe crate offers: `recvmmsg`, `sendmmsg`, three options.
//!
//! The only module of Parlour with `unsafe`. It knows nothing of TURN, addresses or control messages: those
//! are plain bytes, laid out and read in `ancillary`. Each call builds its headers on the stack from borrowed
//! slices, so no pointer outlives the call that made it.
#![expect(
    unsafe_code,
    reason = "recvmmsg, sendmmsg and setsockopt have no safe wrapper that allocates nothing"
)]

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd as _, BorrowedFd};
use std::ptr;

use crate::ancillary::{Control, Name};
use crate::inbox::Slot;

/// Datagrams of one system call, in either direction.
pub(crate) const MAX_MESSAGES: usize = 32;
/// Pieces (iovec entries) of one system call; each message may take up to 64 of them.
pub(crate) const MAX_PIECES: usize = 256;

/// What the kernel writes beside a received datagram.
pub(crate) struct Raw {
    pub(crate) name: Name,
    pub(crate) control: Control,
    /// The datagram was longer than its slot; its end is lost.
    pub(crate) truncated: bool,
}

impl Raw {
    pub(crate) const EMPTY: Self = Self {
        name: Name::EMPTY,
        control: Control::EMPTY,
        truncated: false,
    };
}

/// One datagram, or one merged run, to send.
#[derive(Clone, Copy)]
pub(crate) struct Message {
    pub(crate) name: Name,
    pub(crate) control: Control,
    /// How many of the pieces belong to this message.
    pub(crate) pieces: usize,
}

/// Waits for a datagram, takes it and whatever else is there already, up to `slots.len()`.
///
/// # Errors
/// Those of recvmmsg(2). `Ok(0)` if there are no slots.
pub(crate) fn receive(socket: BorrowedFd<'_>, slots: &mut [Slot]) -> io::Result<usize> {
    let mut vectors = [const { MaybeUninit::<libc::iovec>::uninit() }; MAX_MESSAGES];
    let mut headers = [const { MaybeUninit::<libc::mmsghdr>::uninit() }; MAX_MESSAGES];
    let count = slots.len().min(MAX_MESSAGES);
    for ((slot, vector), header) in slots.iter_mut().zip(&mut vectors).zip(&mut headers) {
        slot.raw.name.len = Name::CAPACITY as u32;
        slot.raw.control.len = Control::CAPACITY;
        let window = &mut slot.bytes[Slot::WINDOW];
        let vector = vector.write(libc::iovec {
            iov_base: window.as_mut_ptr().cast(),
            iov_len: window.len(),
        });
        let message = libc::mmsghdr {
            msg_hdr: header_of(&mut slot.raw.name, &mut slot.raw.control, vector, 1),
            msg_len: 0,
        };
        header.write(message);
    }
    // SAFETY: the first `count` headers were initialised above; every pointer in them leads into `slots` or
    // `vectors`, which are borrowed exclusively until after the call, with the lengths of what they lead to.
    let received = unsafe {
        libc::recvmmsg(
            socket.as_raw_fd(),
            headers.as_mut_ptr().cast(),
            count as libc::c_uint,
            libc::MSG_WAITFORONE as _,
            ptr::null_mut(),
        )
    };
    let received = usize::try_from(received).map_err(|_| io::Error::last_os_error())?;
    for (slot, header) in slots.iter_mut().zip(&headers).take(received) {
        // SAFETY: `received` is at most `count`, and so many headers were initialised.
        let header = unsafe { header.assume_init_ref() };
        slot.len = (header.msg_len as usize).min(Slot::WINDOW.len());
        slot.raw.name.len = header.msg_hdr.msg_namelen;
        slot.raw.control.len = header.msg_hdr.msg_controllen as _;
        slot.raw.truncated = header.msg_hdr.msg_flags & libc::MSG_TRUNC != 0;
    }
    Ok(received)
}

/// Sends messages in order without waiting for room in the socket's buffer; `pieces` yields the payload of
/// the first message, then of the second and so on. Returns how many messages left, from the first on.
///
/// At most [`MAX_MESSAGES`] messages and [`MAX_PIECES`] pieces are looked at.
///
/// # Errors
/// Those of sendmmsg(2) for the first message: none left.
pub(crate) fn send<'a>(
    socket: BorrowedFd<'_>,
    messages: &mut [Message],
    pieces: impl Iterator<Item = &'a [u8]>,
) -> io::Result<usize> {
    let mut vectors = [const { MaybeUninit::<libc::iovec>::uninit() }; MAX_PIECES];
    let mut headers = [const { MaybeUninit::<libc::mmsghdr>::uninit() }; MAX_MESSAGES];
    let mut filled = 0;
    for (vector, piece) in vectors.iter_mut().zip(pieces) {
        // The kernel only reads through this pointer; iovec has no const form.
        vector.write(libc::iovec {
            iov_base: piece.as_ptr().cast_mut().cast(),
            iov_len: piece.len(),
        });
        filled += 1;
    }
    let vectors: *mut libc::iovec = vectors.as_mut_ptr().cast();
    let (mut first, mut count) = (0, 0);
    for (message, header) in messages.iter_mut().zip(&mut headers) {
        if first + message.pieces > filled {
            break;
        }
        let start = vectors.wrapping_add(first);
        let head = header_of(&mut message.name, &mut message.control, start, message.pieces);
        header.write(libc::mmsghdr {
            msg_hdr: head,
            msg_len: 0,
        });
        first += message.pieces;
        count += 1;
    }
    // SAFETY: the first `count` headers were initialised above and refer to the first `filled` vectors, also
    // initialised; those lead into slices that live for 'a, names and controls into `messages`.
    let sent = unsafe {
        libc::sendmmsg(
            socket.as_raw_fd(),
            headers.as_mut_ptr().cast(),
            count as libc::c_uint,
            (libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL) as _,
        )
    };
    usize::try_from(sent).map_err(|_| io::Error::last_os_error())
}

/// Sets a socket option whose value is a C int.
///
/// # Errors
/// Those of setsockopt(2), above all that the kernel does not know the option.
pub(crate) fn set_option(socket: BorrowedFd<'_>, level: i32, name: i32, value: i32) -> io::Result<()> {
    let value: libc::c_int = value;
    // SAFETY: the pointer leads to a C int that lives during the call, and the length is that of a C int.
    let result = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            level,
            name,
            ptr::from_ref(&value).cast(),
            size_of::<libc::c_int>() as libc::socklen_t,
        )
    };
    if result == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

fn header_of(name: &mut Name, control: &mut Control, pieces: *mut libc::iovec, count: usize) -> libc::msghdr {
    // SAFETY: msghdr is plain data for which all zeroes (null pointers, no lengths) is a valid value; some C
    // libraries have private padding fields in it, so that it cannot be written as a literal.
    let mut header: libc::msghdr = unsafe { MaybeUninit::zeroed().assume_init() };
    header.msg_name = name.bytes.as_mut_ptr().cast();
    header.msg_namelen = name.len;
    header.msg_iov = pieces;
    header.msg_iovlen = count as _;
    header.msg_control = if control.len == 0 {
        ptr::null_mut()
    } else {
        control.bytes.as_mut_ptr().cast()
    };
    header.msg_controllen = control.len as _;
    header
}
