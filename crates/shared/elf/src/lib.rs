//! What an ELF64 executable is, read without trust.

#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]
