//! A user program's only unsafe code: the door, the system calls, the heap, signals.
//!
//! Everything here speaks Linux's x86-64 ABI, so that a program built on it runs on our
//! kernel and on a real Linux alike. Above this module nothing is unsafe.
