//! Terminals: a serial port with a line discipline (termios(3)).
//!
//! In canonical mode what is typed is edited and echoed by the kernel and given to the reader
//! a line at a time; in raw mode every byte goes straight through. Control characters become
//! signals to the foreground process group. That is all that "job control" needs from here.

use crate::Result;
use crate::dev::uart;
use crate::kernel::Kernel;
use crate::limits::TTYS;
use crate::mm::user;
use crate::sched::sleep;
use crate::signal::{self, From};
use crate::task::{current, ids};
use abi::Errno;
use abi::fs::open::O_NONBLOCK;
use abi::task::signal::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTSTP, SIGTTIN};
use objects::NONE;
use objects::kernel::{state, wait};
use zerocopy::FromZeros;

const ICRNL: u32 = 0o400;
const IXON: u32 = 0o2000;
const OPOST: u32 = 0o1;
const ONLCR: u32 = 0o4;
const ISIG: u32 = 0o1;
const ICANON: u32 = 0o2;
const ECHO: u32 = 0o10;
const ECHOE: u32 = 0o20;
const ECHOK: u32 = 0o40;
const ECHOCTL: u32 = 0o1000;
const ECHOKE: u32 = 0o4000;
const IEXTEN: u32 = 0o100000;

const VINTR: usize = 0;
const VQUIT: usize = 1;
const VERASE: usize = 2;
const VKILL: usize = 3;
const VEOF: usize = 4;
const VSUSP: usize = 10;
const VWERASE: usize = 14;

/// Bytes that wait for a reader at most; more are lost, with a bell.
const QUEUE: usize = 1024;
/// Longest line that can be edited.
const LINE: usize = 255;
/// Lines that wait at most.
const LINES: usize = 64;

/// The kernel's `struct termios`.
#[derive(Clone, Copy, FromZeros)]
#[repr(C)]
pub struct Termios {
    iflag: u32,
    oflag: u32,
    cflag: u32,
    lflag: u32,
    line: u8,
    cc: [u8; 19],
}

/// A terminal.
#[derive(Clone, Copy, FromZeros)]
#[repr(C)]
pub struct Tty {
    /// 1 if there is a port behind it.
    pub present: u32,
    /// Session that it controls, or 0.
    pub session: u32,
    /// Its foreground process group, or 0.
    pub group: u32,
    /// Rows and columns.
    size: [u16; 2],
    termios: Termios,
    /// What is typed and can still be edited.
    line: [u8; LINE],
    line_len: u8,
    /// What the reader may have, as a ring.
    queue: [u8; QUEUE],
    start: u16,
    len: u16,
    /// Lengths of the lines in the queue, as a ring; an empty one means end of file.
    lines: [u16; LINES],
    first_line: u16,
    line_count: u16,
}

/// Sets up the ports that exist.
pub fn init(k: &mut Kernel) {
    for n in 0..TTYS {
        // The first is the console: it is spoken to even if it does not answer.
        if n > 0 && !uart::PORTS[n].present() {
            continue;
        }
        uart::PORTS[n].init();
        let tty = &mut k.ttys[n];
        tty.present = 1;
        tty.size = [24, 80];
        tty.termios = Termios {
            iflag: ICRNL | IXON,
            oflag: OPOST | ONLCR,
            // 115200 baud, eight bits, receiver on, hang up, local.
            cflag: 0o10002 | 0o60 | 0o200 | 0o2000 | 0o4000,
            lflag: ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
            line: 0,
            cc: [
                3, 28, 127, 21, 4, 0, 1, 0, 17, 19, 26, 0, 18, 15, 23, 22, 0, 0, 0,
            ],
        };
        uart::PORTS[n].enable_interrupt();
    }
}

/// A serial interrupt: takes in whatever has arrived at the ports on this line.
pub fn interrupt(k: &mut Kernel, irq: u8) {
    for n in 0..TTYS {
        if uart::IRQS[n] == irq && k.ttys[n].present != 0 {
            while let Some(byte) = uart::PORTS[n].read() {
                received(k, n, byte);
            }
        }
    }
}

/// One byte was typed.
fn received(k: &mut Kernel, n: usize, byte: u8) {
    let tty = &mut k.ttys[n];
    let Termios {
        iflag, lflag, cc, ..
    } = tty.termios;
    let byte = if byte == b'\r' && iflag & ICRNL != 0 {
        b'\n'
    } else {
        byte
    };
    if lflag & ISIG != 0 {
        let signal = match byte {
            _ if byte == cc[VINTR] => SIGINT,
            _ if byte == cc[VQUIT] => SIGQUIT,
            _ if byte == cc[VSUSP] => SIGTSTP,
            _ => 0,
        };
        if signal != 0 && byte != 0 {
            echo(tty, n, byte);
            tty.line_len = 0;
            if signal != SIGTSTP {
                tty.clear();
            }
            let group = tty.group;
            if group != 0 {
                signal::send_to_group(k, group, signal, From::Kernel);
            }
            return;
        }
    }
    if lflag & ICANON == 0 {
        tty.push(&[byte]);
        echo(tty, n, byte);
        sleep::wake(k, wait::TTY, n as u64);
        return;
    }
    match byte {
        _ if byte == cc[VERASE] || byte == 8 => erase(tty, n, |_, erased| erased == 0),
        _ if byte == cc[VKILL] => erase(tty, n, |_, _| true),
        _ if byte == cc[VWERASE] => {
            erase(tty, n, |last, _| last == b' ');
            erase(tty, n, |last, _| last != b' ');
        }
        _ if byte == cc[VEOF] => {
            commit(tty);
            sleep::wake(k, wait::TTY, n as u64);
        }
        b'\n' => {
            echo(tty, n, byte);
            tty.edit(byte);
            commit(tty);
            sleep::wake(k, wait::TTY, n as u64);
        }
        _ => {
            if tty.edit(byte) {
                echo(tty, n, byte);
            } else {
                uart::PORTS[n].write(b"\x07");
            }
        }
    }
}

/// Erases characters from the end of the line while `more(last, erased so far)`.
fn erase(tty: &mut Tty, n: usize, more: impl Fn(u8, usize) -> bool) {
    let mut erased = 0;
    while tty.line_len > 0 && more(tty.line[tty.line_len as usize - 1], erased) {
        let last = tty.line[tty.line_len as usize - 1];
        tty.line_len -= 1;
        erased += 1;
        if tty.termios.lflag & ECHO != 0 {
            // A control character was shown as two.
            let width = if last < 32 { 2 } else { 1 };
            // The middle bytes of a UTF-8 character were never shown as characters.
            if last & 0xc0 != 0x80 {
                for _ in 0..width {
                    uart::PORTS[n].write(b"\x08 \x08");
                }
            }
        }
    }
}

/// Gives the edited line to the reader.
fn commit(tty: &mut Tty) {
    let (line, len) = (tty.line, tty.line_len as usize);
    tty.push(&line[..len]);
    tty.line_len = 0;
}

impl Tty {
    /// Adds a byte to the line, leaving room for the newline. Says whether there was room.
    fn edit(&mut self, byte: u8) -> bool {
        let room = self.line_len as usize + usize::from(byte != b'\n') < LINE;
        if room {
            self.line[self.line_len as usize] = byte;
            self.line_len += 1;
        }
        room
    }

    /// Queues bytes as one line. What does not fit is lost.
    fn push(&mut self, bytes: &[u8]) {
        if self.line_count as usize == LINES || self.len as usize + bytes.len() > QUEUE {
            return;
        }
        for &byte in bytes {
            self.queue[(self.start as usize + self.len as usize) % QUEUE] = byte;
            self.len += 1;
        }
        self.lines[(self.first_line as usize + self.line_count as usize) % LINES] =
            bytes.len() as u16;
        self.line_count += 1;
    }

    /// Takes a byte of the first line; `None` at its end.
    fn pop(&mut self) -> Option<u8> {
        let left = &mut self.lines[self.first_line as usize];
        *left = left.checked_sub(1)?;
        let byte = self.queue[self.start as usize];
        self.start = ((self.start as usize + 1) % QUEUE) as u16;
        self.len -= 1;
        Some(byte)
    }

    /// Drops the first line, which is used up.
    fn next_line(&mut self) {
        self.first_line = ((self.first_line as usize + 1) % LINES) as u16;
        self.line_count -= 1;
    }

    /// Forgets everything that waits for a reader.
    fn clear(&mut self) {
        (self.len, self.line_count, self.line_len) = (0, 0, 0);
    }
}

/// Shows a typed byte: control characters as ^X.
fn echo(tty: &Tty, n: usize, byte: u8) {
    if tty.termios.lflag & ECHO == 0 {
        return;
    }
    let port = uart::PORTS[n];
    match byte {
        b'\n' => port.write(b"\r\n"),
        b'\t' => port.write(b"\t"),
        0..32 | 127 if tty.termios.lflag & ECHOCTL != 0 => port.write(&[b'^', byte ^ 0x40]),
        _ => port.write(&[byte]),
    }
}

/// Whether a reader would not have to wait.
pub fn is_readable(k: &Kernel, n: u32) -> bool {
    k.ttys[n as usize].line_count > 0
}

/// Reads: at most one line in canonical mode, what there is in raw mode.
///
/// # Errors
/// EAGAIN, EINTR, EFAULT; EIO for a background group that ignores SIGTTIN.
pub fn read(k: &mut Kernel, n: u32, address: u64, count: u64, flags: u64) -> Result {
    let tty = n as usize;
    let me = current(k);
    loop {
        let (own, group) = (k.tasks[me].pgid, k.ttys[tty].group);
        if k.tasks[me].tty == n && group != 0 && own != group {
            // Only the foreground may read.
            signal::send_to_group(k, own, SIGTTIN, From::Kernel);
            if !signal::is_deliverable(k, me) {
                return Err(Errno::EIO);
            }
        } else if is_readable(k, n) {
            break;
        } else if flags & O_NONBLOCK != 0 {
            return Err(Errno::EAGAIN);
        }
        sleep::sleep(k, wait::TTY, u64::from(n))?;
    }
    let canonical = k.ttys[tty].termios.lflag & ICANON != 0;
    let mut done = 0;
    while done < count && k.ttys[tty].line_count > 0 {
        let mut chunk = [0; 64];
        let mut len = 0;
        let want = (count - done).min(chunk.len() as u64) as usize;
        let mut ended = false;
        while len < want && !ended {
            match k.ttys[tty].pop() {
                Some(byte) => {
                    chunk[len] = byte;
                    len += 1;
                }
                None => ended = true,
            }
        }
        user::write(k, address + done, &chunk[..len])?;
        done += len as u64;
        let state = &mut k.ttys[tty];
        if state.lines[state.first_line as usize] == 0 {
            state.next_line();
            if canonical {
                break;
            }
        }
    }
    Ok(done)
}

/// Writes, a newline as carriage return and newline.
///
/// # Errors
/// EFAULT.
pub fn write(k: &mut Kernel, n: u32, address: u64, count: u64) -> Result {
    let cook = k.ttys[n as usize].termios.oflag & (OPOST | ONLCR) == OPOST | ONLCR;
    let port = uart::PORTS[n as usize];
    let mut chunk = [0; 128];
    let mut cooked = [0; 256];
    let mut done = 0;
    while done < count {
        let piece = (count - done).min(chunk.len() as u64) as usize;
        user::read(k, address + done, &mut chunk[..piece])?;
        let mut len = 0;
        for &byte in &chunk[..piece] {
            if byte == b'\n' && cook {
                cooked[len] = b'\r';
                len += 1;
            }
            cooked[len] = byte;
            len += 1;
        }
        port.write(&cooked[..len]);
        done += piece as u64;
    }
    Ok(count)
}

/// A session leader without a terminal opens one: it becomes its controlling terminal.
pub fn opened(k: &mut Kernel, n: u32) {
    let me = current(k);
    let task = k.tasks[me];
    if task.sid == task.numbers[0] && task.tty == NONE && k.ttys[n as usize].session == 0 {
        control(k, n);
    }
}

fn control(k: &mut Kernel, n: u32) {
    let me = current(k);
    k.tasks[me].tty = n;
    let tty = &mut k.ttys[n as usize];
    tty.session = k.tasks[me].sid;
    tty.group = k.tasks[me].pgid;
}

/// The leader of a session ended: its terminal is free, and whoever is in the foreground
/// learns it.
pub fn session_ended(k: &mut Kernel, session: u32) {
    for n in 0..TTYS {
        if k.ttys[n].session == session {
            let group = k.ttys[n].group;
            k.ttys[n].session = 0;
            k.ttys[n].group = 0;
            if group != 0 {
                signal::send_to_group(k, group, SIGHUP, From::Kernel);
                signal::send_to_group(k, group, SIGCONT, From::Kernel);
            }
            for task in &mut k.tasks {
                if task.state != state::FREE && task.sid == session {
                    task.tty = NONE;
                }
            }
        }
    }
}

/// ioctl(2) of a terminal.
///
/// # Errors
/// ENOTTY, EPERM, EFAULT, ESRCH.
pub fn ioctl(k: &mut Kernel, n: u32, request: u64, arg: u64) -> Result {
    const TCGETS: u64 = 0x5401;
    const TCSETS: u64 = 0x5402;
    const TCSETSW: u64 = 0x5403;
    const TCSETSF: u64 = 0x5404;
    const TCFLSH: u64 = 0x540b;
    const TIOCSCTTY: u64 = 0x540e;
    const TIOCGPGRP: u64 = 0x540f;
    const TIOCSPGRP: u64 = 0x5410;
    const TIOCGWINSZ: u64 = 0x5413;
    const TIOCSWINSZ: u64 = 0x5414;
    const FIONREAD: u64 = 0x541b;
    const TIOCNOTTY: u64 = 0x5422;
    const TIOCGSID: u64 = 0x5429;
    let tty = n as usize;
    let me = current(k);
    match request {
        TCGETS => {
            let bytes = termios_bytes(&k.ttys[tty].termios);
            user::write(k, arg, &bytes)?;
        }
        TCSETS | TCSETSW | TCSETSF => {
            let mut bytes = [0; 36];
            user::read(k, arg, &mut bytes)?;
            k.ttys[tty].termios = termios_from(&bytes);
            if request == TCSETSF {
                k.ttys[tty].clear();
            }
        }
        TCFLSH => k.ttys[tty].clear(),
        TIOCGWINSZ => {
            let [rows, columns] = k.ttys[tty].size;
            user::write_u64(k, arg, u64::from(rows) | u64::from(columns) << 16)?;
        }
        TIOCSWINSZ => {
            let size = user::read_u64(k, arg)?;
            k.ttys[tty].size = [size as u16, (size >> 16) as u16];
        }
        TIOCSCTTY => {
            let task = k.tasks[me];
            if task.tty == n && k.ttys[tty].session == task.sid {
                return Ok(0);
            }
            if task.sid != task.numbers[0] || task.tty != NONE || k.ttys[tty].session != 0 {
                return Err(Errno::EPERM);
            }
            control(k, n);
        }
        TIOCNOTTY => {
            if k.tasks[me].tty != n {
                return Err(Errno::ENOTTY);
            }
            if k.tasks[me].sid == k.tasks[me].numbers[0] {
                session_ended(k, k.tasks[me].sid);
            }
            k.tasks[me].tty = NONE;
        }
        TIOCGPGRP | TIOCGSID => {
            if k.tasks[me].tty != n {
                return Err(Errno::ENOTTY);
            }
            let which = if request == TIOCGSID {
                k.ttys[tty].session
            } else {
                k.ttys[tty].group
            };
            let number = ids::group_in(k, which, ids::own_ns(k));
            user::write_u32(k, arg, number)?;
        }
        TIOCSPGRP => {
            if k.tasks[me].tty != n || k.ttys[tty].session != k.tasks[me].sid {
                return Err(Errno::ENOTTY);
            }
            let number = user::read_u32(k, arg)?;
            let group = ids::group_meant(k, number).ok_or(Errno::ESRCH)?;
            let sid = k.tasks[me].sid;
            if !k
                .tasks
                .iter()
                .any(|t| t.state != state::FREE && t.pgid == group && t.sid == sid)
            {
                return Err(Errno::EPERM);
            }
            k.ttys[tty].group = group;
        }
        FIONREAD => {
            let len = u32::from(k.ttys[tty].len);
            user::write_u32(k, arg, len)?;
        }
        _ => return Err(Errno::ENOTTY),
    }
    Ok(0)
}

fn termios_bytes(t: &Termios) -> [u8; 36] {
    let mut out = [0; 36];
    for (n, word) in [t.iflag, t.oflag, t.cflag, t.lflag].into_iter().enumerate() {
        out[4 * n..4 * n + 4].copy_from_slice(&word.to_le_bytes());
    }
    out[16] = t.line;
    out[17..].copy_from_slice(&t.cc);
    out
}

fn termios_from(bytes: &[u8; 36]) -> Termios {
    let word = |n: usize| {
        u32::from_le_bytes([
            bytes[4 * n],
            bytes[4 * n + 1],
            bytes[4 * n + 2],
            bytes[4 * n + 3],
        ])
    };
    let mut cc = [0; 19];
    cc.copy_from_slice(&bytes[17..]);
    Termios {
        iflag: word(0),
        oflag: word(1),
        cflag: word(2),
        lflag: word(3),
        line: bytes[16],
        cc,
    }
}
