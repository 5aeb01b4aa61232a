//! One moment of the whole stack as plain data.
