//! The one kind of mutable static: a value behind an "in use" mark.
//!
//! There is one CPU and no preemption inside the guests' system software, so a lock never
//! waits. What can go wrong is *re-entry*: code that holds the value calls code that takes it
//! again. [`Global::lock`] makes that a panic with a clear message instead of two aliasing
//! `&mut`.
//!
//! `repr(C)` with the value first: an outside reader that knows the symbol's address has the
//! value's address.

use core::cell::UnsafeCell;
use core::ops::{Deref, DerefMut};
use core::sync::atomic::{AtomicBool, Ordering};

/// A mutable static that is used by one holder at a time.
#[repr(C)]
pub struct Global<T> {
    value: UnsafeCell<T>,
    held: AtomicBool,
}

// SAFETY: `held` admits one holder at a time, whatever thread it is in (tests on the host
// have several).
unsafe impl<T: Send> Sync for Global<T> {}

impl<T> Global<T> {
    /// A global that starts as `value`.
    pub const fn new(value: T) -> Self {
        Self {
            value: UnsafeCell::new(value),
            held: AtomicBool::new(false),
        }
    }

    /// A global of zero bytes. It takes no room in the executable, however large.
    pub const fn zeroed() -> Self
    where
        T: zerocopy::FromZeros,
    {
        // SAFETY: all zeros is a value of T, says FromZeros.
        Self::new(unsafe { core::mem::MaybeUninit::zeroed().assume_init() })
    }

    /// Takes the value until the guard goes.
    ///
    /// # Panics
    /// If it is taken already: on one CPU that is re-entry, and a bug.
    #[track_caller]
    pub fn lock(&self) -> Held<'_, T> {
        match self.try_lock() {
            Some(held) => held,
            None => panic!("a Global was taken while it was held"),
        }
    }

    /// Takes the value unless somebody holds it.
    pub fn try_lock(&self) -> Option<Held<'_, T>> {
        if self.held.swap(true, Ordering::Acquire) {
            return None;
        }
        Some(Held { global: self })
    }

    /// Takes over the value from a holder that will not come back to give it up itself: the
    /// first thing a new task does, because the task that switched to it held the kernel.
    ///
    /// # Panics
    /// If nobody holds it.
    #[track_caller]
    pub fn adopt(&self) -> Held<'_, T> {
        assert!(
            self.held.load(Ordering::Acquire),
            "a Global was adopted that nobody held"
        );
        Held { global: self }
    }

    /// Where the value is.
    pub const fn address(&self) -> *const T {
        self.value.get()
    }
}

/// The right to use the value of a [`Global`].
pub struct Held<'a, T> {
    global: &'a Global<T>,
}

impl<T> Deref for Held<'_, T> {
    type Target = T;
    fn deref(&self) -> &T {
        // SAFETY: this guard is the one holder.
        unsafe { &*self.global.value.get() }
    }
}

impl<T> DerefMut for Held<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: this guard is the one holder, and it is borrowed mutably.
        unsafe { &mut *self.global.value.get() }
    }
}

impl<T> Drop for Held<'_, T> {
    fn drop(&mut self) {
        self.global.held.store(false, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_holder_at_a_time() {
        static NUMBER: Global<u32> = Global::new(1);
        let mut held = NUMBER.lock();
        *held += 1;
        assert!(NUMBER.try_lock().is_none());
        drop(held);
        assert_eq!(*NUMBER.lock(), 2);
        let held = NUMBER.lock();
        core::mem::forget(held);
        drop(NUMBER.adopt());
        assert_eq!(*NUMBER.lock(), 2);
        // The value stands at the global's own address.
        assert_eq!(NUMBER.address().addr(), (&raw const NUMBER).addr());
    }
}
