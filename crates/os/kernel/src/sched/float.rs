//! The x87 and SSE registers, exchanged when somebody uses them.
//!
//! They belong to whoever used them last, the *owner*; everybody else has them forbidden
//! (CR0.TS), and takes them over with the first instruction that wants them (#NM). A machine
//! on which nobody calculates never moves them.

use crate::kernel::Kernel;
use crate::limits::TASKS;
use crate::task::current;
use metal::fpu::{self, State};

/// Whose registers are where.
#[derive(zerocopy::FromZeros)]
#[repr(C)]
pub struct Float {
    /// 1 if the CPU has them.
    pub present: u32,
    /// 1 while they are allowed (CR0.TS clear).
    allowed: u32,
    /// Task slot + 1 whose values are in the registers, or 0.
    owner: u64,
    /// Task slots that ever used them.
    used: [u64; TASKS / 64],
    /// The values of those that do not own them.
    states: [State; TASKS],
}

impl Float {
    fn has_used(&self, slot: usize) -> bool {
        self.used[slot / 64] >> (slot % 64) & 1 != 0
    }

    fn set_used(&mut self, slot: usize, used: bool) {
        let word = &mut self.used[slot / 64];
        *word = *word & !(1 << (slot % 64)) | u64::from(used) << (slot % 64);
    }

    fn owns(&self, slot: usize) -> bool {
        self.owner == slot as u64 + 1
    }

    fn set_allowed(&mut self, allowed: bool) {
        if u32::from(allowed) != self.allowed {
            self.allowed = u32::from(allowed);
            if allowed { fpu::allow() } else { fpu::forbid() }
        }
    }

    /// Puts the owner's values into its place; nobody owns the registers then.
    fn put_away(&mut self) {
        if self.owner != 0 {
            self.set_allowed(true);
            fpu::save(&mut self.states[self.owner as usize - 1]);
            self.owner = 0;
        }
    }
}

/// Another task was put on the CPU.
pub fn switched(k: &mut Kernel, slot: usize) {
    let allowed = k.float.owns(slot);
    k.float.set_allowed(allowed);
}

/// #NM: the running task wants them. Says whether it can have them.
pub fn take(k: &mut Kernel) -> bool {
    if k.float.present == 0 {
        return false;
    }
    let me = current(k);
    k.float.put_away();
    k.float.set_allowed(true);
    if !k.float.has_used(me) {
        k.float.states[me] = fpu::fresh();
        k.float.set_used(me, true);
    }
    fpu::restore(&k.float.states[me]);
    k.float.owner = me as u64 + 1;
    true
}

/// fork: the child begins with the parent's values.
pub fn copy(k: &mut Kernel, from: usize, to: usize) {
    let state = state_of(k, from);
    k.float.set_used(to, state.is_some());
    if let Some(state) = state {
        k.float.states[to] = state;
    }
}

/// execve, or the end: the values are nobody's.
pub fn forget(k: &mut Kernel, slot: usize) {
    k.float.set_used(slot, false);
    if k.float.owns(slot) {
        k.float.owner = 0;
        k.float.set_allowed(false);
    }
}

/// A task's values, if it ever used them.
pub fn state_of(k: &mut Kernel, slot: usize) -> Option<State> {
    if !k.float.has_used(slot) {
        return None;
    }
    if k.float.owns(slot) {
        // In the registers, and allowed: only a running task owns them while it runs.
        k.float.put_away();
        let running = k.root.current as usize;
        switched(k, running);
    }
    Some(k.float.states[slot])
}

/// Gives a task other values.
pub fn set_state(k: &mut Kernel, slot: usize, state: &State) {
    forget(k, slot);
    k.float.set_used(slot, true);
    k.float.states[slot] = *state;
}
