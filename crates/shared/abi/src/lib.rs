//! What is said across a privilege line: system calls, errno, hypercalls, boot hand-off.
