//! What a new program finds on its stack (System V ABI for x86-64, §3.4.1).
//!
//! ```text
//!  0x7ffffffff000  ------------------------------
//!                  | 0 (8 bytes)                 |
//!                  | the path that was executed  |  AT_EXECFN
//!                  | strings: arguments, then    |
//!                  |   environment               |
//!                  | 16 random bytes             |  AT_RANDOM
//!                  | auxiliary vector: pairs     |  AT_PHDR …, ends with AT_NULL
//!                  | environment pointers, 0     |
//!                  | argument pointers, 0        |
//!           rsp -> | argc                        |  aligned to 16
//! ```

use crate::Result;
use crate::fs::device;
use crate::kernel::Kernel;
use crate::limits::ARG_MAX;
use crate::mm::area::{self, READ, WRITE};
use crate::mm::{PAGE, USER_END, user};
use crate::task::exec::Image;
use abi::Errno;
use objects::NONE;
use objects::kernel::{Vma, vma};

/// Bytes that the kernel itself can put in front of a program's arguments.
const PREFIX: usize = 512;

/// A list of strings: some of the kernel's own, then an array of pointers in the old program.
pub struct Strings {
    prefix: [u8; PREFIX],
    len: usize,
    /// How many strings are in `prefix`, each with its zero.
    count: u64,
    /// Address of the array, or 0.
    array: u64,
}

impl Strings {
    /// The strings that a program's array points at.
    pub fn of_user(array: u64) -> Self {
        Self {
            prefix: [0; PREFIX],
            len: 0,
            count: 0,
            array,
        }
    }

    /// The kernel's own strings only.
    ///
    /// # Errors
    /// E2BIG.
    pub fn of_kernel(strings: &[&[u8]]) -> Result<Self> {
        let mut out = Self::of_user(0);
        for string in strings {
            out.push(string)?;
        }
        Ok(out)
    }

    fn push(&mut self, string: &[u8]) -> Result<()> {
        let end = self.len + string.len() + 1;
        let place = self.prefix.get_mut(self.len..end).ok_or(Errno::E2BIG)?;
        place[..string.len()].copy_from_slice(string);
        place[string.len()] = 0;
        self.len = end;
        self.count += 1;
        Ok(())
    }

    /// Puts other strings where the first one was.
    ///
    /// # Errors
    /// E2BIG.
    pub fn replace_first(&mut self, by: &[Option<&[u8]>]) -> Result<()> {
        let mut out = Self::of_user(self.array);
        for string in by.iter().flatten() {
            out.push(string)?;
        }
        if self.count > 0 {
            let first = self.prefix.iter().position(|&b| b == 0).unwrap_or(0) + 1;
            for string in self.prefix[first..self.len].split_inclusive(|&b| b == 0) {
                out.push(&string[..string.len() - 1])?;
            }
        } else if self.array != 0 {
            out.array += 8;
        }
        *self = out;
        Ok(())
    }

    /// Address of string number `n` of the array; 0 after the last.
    fn pointer(&self, k: &mut Kernel, n: u64) -> Result<u64> {
        if self.array == 0 {
            return Ok(0);
        }
        user::read_u64(k, self.array + 8 * n)
    }

    /// How many strings, and how many bytes with their zeros.
    fn measure(&self, k: &mut Kernel) -> Result<(u64, u64)> {
        let (mut count, mut bytes) = (self.count, self.len as u64);
        loop {
            let pointer = self.pointer(k, count - self.count)?;
            if pointer == 0 {
                return Ok((count, bytes));
            }
            bytes += user::string_len(k, pointer, ARG_MAX)? + 1;
            count += 1;
            if bytes + count * 8 > ARG_MAX {
                return Err(Errno::E2BIG);
            }
        }
    }

    /// Copies the strings to `at` in `mm` and pointers to them to `pointers`; where the
    /// strings end.
    fn put(&self, k: &mut Kernel, mm: u32, mut at: u64, mut pointers: u64) -> Result<u64> {
        for string in self.prefix[..self.len].split_inclusive(|&b| b == 0) {
            user::write_to(k, mm, at, string)?;
            user::write_to(k, mm, pointers, &at.to_le_bytes())?;
            at += string.len() as u64;
            pointers += 8;
        }
        for n in 0.. {
            let from = self.pointer(k, n)?;
            if from == 0 {
                break;
            }
            let len = user::string_len(k, from, ARG_MAX)? + 1;
            copy(k, mm, at, from, len)?;
            user::write_to(k, mm, pointers, &at.to_le_bytes())?;
            at += len;
            pointers += 8;
        }
        user::write_to(k, mm, pointers, &[0; 8])?;
        Ok(at)
    }
}

/// Copies from the running program to another address space.
fn copy(k: &mut Kernel, mm: u32, to: u64, from: u64, len: u64) -> Result<()> {
    let mut chunk = [0; 256];
    let mut done = 0;
    while done < len {
        let piece = (len - done).min(chunk.len() as u64);
        let chunk = &mut chunk[..piece as usize];
        user::read(k, from + done, chunk)?;
        user::write_to(k, mm, to + done, chunk)?;
        done += piece;
    }
    Ok(())
}

/// Builds the stack of a new program in `mm`. Answers its RSP.
///
/// # Errors
/// E2BIG, EFAULT, ENOMEM.
pub fn build(
    k: &mut Kernel,
    mm: u32,
    image: &Image,
    argv: &Strings,
    envp: &Strings,
    path: &[u8],
) -> Result {
    let (argc, arg_bytes) = argv.measure(k)?;
    let (envc, env_bytes) = envp.measure(k)?;
    let total = arg_bytes + env_bytes + (argc + envc) * 8;
    if total > ARG_MAX {
        return Err(Errno::E2BIG);
    }
    let stack = Vma {
        start: USER_END - (total + 2 * PAGE).next_multiple_of(PAGE),
        end: USER_END,
        prot: READ | WRITE,
        kind: vma::STACK,
        inode: NONE,
        ..Vma::default()
    };
    area::insert(&mut k.mms[mm as usize], stack)?;

    let name_at = USER_END - 8 - (path.len() as u64 + 1);
    user::write_to(k, mm, name_at, path)?;
    let strings_at = name_at - arg_bytes - env_bytes;
    let random_at = (strings_at - 16) & !15;
    let random = [device::next_random(k), device::next_random(k)];
    user::write_to(k, mm, random_at, &random[0].to_le_bytes())?;
    user::write_to(k, mm, random_at + 8, &random[1].to_le_bytes())?;

    let auxv = auxiliary(image, random_at, name_at);
    let words = 1 + argc + 1 + envc + 1 + 2 * auxv.len() as u64;
    let rsp = (random_at - words * 8) & !15;
    let argv_at = rsp + 8;
    let envp_at = argv_at + (argc + 1) * 8;
    let auxv_at = envp_at + (envc + 1) * 8;
    user::write_to(k, mm, rsp, &argc.to_le_bytes())?;
    let env_strings_at = argv.put(k, mm, strings_at, argv_at)?;
    let end = envp.put(k, mm, env_strings_at, envp_at)?;
    for (n, [key, value]) in auxv.iter().enumerate() {
        user::write_to(k, mm, auxv_at + 16 * n as u64, &key.to_le_bytes())?;
        user::write_to(k, mm, auxv_at + 16 * n as u64 + 8, &value.to_le_bytes())?;
    }
    let private = &mut k.mm_private[mm as usize];
    (private.arg_start, private.arg_end) = (strings_at, env_strings_at);
    (private.env_start, private.env_end) = (env_strings_at, end);
    Ok(rsp)
}

/// The auxiliary vector: what the kernel tells a program besides its arguments (getauxval(3)).
fn auxiliary(image: &Image, random_at: u64, name_at: u64) -> [[u64; 2]; 15] {
    const AT_NULL: u64 = 0;
    const AT_PHDR: u64 = 3;
    const AT_PHENT: u64 = 4;
    const AT_PHNUM: u64 = 5;
    const AT_PAGESZ: u64 = 6;
    const AT_BASE: u64 = 7;
    const AT_FLAGS: u64 = 8;
    const AT_ENTRY: u64 = 9;
    const AT_UID: u64 = 11;
    const AT_EUID: u64 = 12;
    const AT_GID: u64 = 13;
    const AT_EGID: u64 = 14;
    const AT_SECURE: u64 = 23;
    const AT_RANDOM: u64 = 25;
    const AT_EXECFN: u64 = 31;
    [
        [AT_PHDR, image.headers_at],
        [AT_PHENT, u64::from(image.header_size)],
        [AT_PHNUM, u64::from(image.header_count)],
        [AT_PAGESZ, PAGE],
        [AT_BASE, 0],
        [AT_FLAGS, 0],
        [AT_ENTRY, image.entry],
        [AT_UID, 0],
        [AT_EUID, 0],
        [AT_GID, 0],
        [AT_EGID, 0],
        [AT_SECURE, 0],
        [AT_RANDOM, random_at],
        [AT_EXECFN, name_at],
        [AT_NULL, 0],
    ]
}
