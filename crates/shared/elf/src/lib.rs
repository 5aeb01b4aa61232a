//! What an ELF64 executable is, read without trust.
