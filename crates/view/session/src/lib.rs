//! A scenario, running: machines, their timelines, commands in and scenes out.
