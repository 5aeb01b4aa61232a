//! The door of the program file: `init`, `sh`, `ls` … by the name it is called.

#![cfg_attr(target_os = "none", no_std, no_main)]
#![deny(unsafe_code)]

metal::program!(user::main);

#[cfg(not(target_os = "none"))]
fn main() {
    println!("user runs inside the machine, or build it for x86_64-unknown-none and run that");
}
