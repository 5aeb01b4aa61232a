//! `ps`: what tasks there are, out of /proc.

use crate::io::Out;
use crate::proc::{self, TICKS, Task};
use crate::trouble::at;
use crate::{Args, Outcome, Trouble, put, say};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// A column: its name in `-o`, its title, its width (negative: to the left).
struct Column {
    name: &'static str,
    title: &'static str,
    width: i32,
    show: fn(&Task) -> String,
}

const COLUMNS: [Column; 8] = [
    Column {
        name: "pid",
        title: "PID",
        width: 5,
        show: |task| task.pid.to_string(),
    },
    Column {
        name: "ppid",
        title: "PPID",
        width: 5,
        show: |task| task.ppid.to_string(),
    },
    Column {
        name: "pgid",
        title: "PGID",
        width: 5,
        show: |task| task.pgid.to_string(),
    },
    Column {
        name: "stat",
        title: "STAT",
        width: -4,
        show: |task| task.state.to_string(),
    },
    Column {
        name: "time",
        title: "TIME",
        width: 7,
        show: time,
    },
    Column {
        name: "rss",
        title: "RSS",
        width: 6,
        show: |task| (task.rss * 4).to_string(),
    },
    Column {
        name: "name",
        title: "NAME",
        width: -15,
        show: |task| task.name.clone(),
    },
    Column {
        name: "args",
        title: "ARGS",
        width: -1,
        show: proc::command,
    },
];

/// Lists tasks.
pub fn main(args: &Args) -> Outcome {
    let options = args.options("-o: -e -f -a -x")?;
    let full = options.has("-f");
    let default = if full {
        "pid,ppid,stat,time,args"
    } else {
        "pid,ppid,stat,name"
    };
    let mut columns = Vec::new();
    for name in options.value("-o").unwrap_or(default).split(',') {
        let name = if name == "comm" { "name" } else { name };
        match COLUMNS.iter().find(|column| column.name == name) {
            Some(column) => columns.push(column),
            None => return Err(Trouble::usage(format!("{name}: no such column"))),
        }
    }
    let mut out = Out::stdout();
    row(&mut out, &columns, |column| column.title.into());
    for task in proc::tasks().map_err(at("/proc"))? {
        row(&mut out, &columns, |column| (column.show)(&task));
    }
    out.done()
}

fn row(out: &mut Out, columns: &[&Column], cell: impl Fn(&Column) -> String) {
    let mut line = String::new();
    for column in columns {
        if !line.is_empty() {
            line.push(' ');
        }
        let (text, width) = (cell(column), column.width.unsigned_abs() as usize);
        line += &match column.width < 0 {
            true => format!("{text:<width$}"),
            false => format!("{text:>width$}"),
        };
    }
    put!(out, "{}", line.trim_end());
    say!(out, "");
}

/// CPU time in seconds and hundredths.
fn time(task: &Task) -> String {
    format!("{}.{:02}", task.time / TICKS, task.time % TICKS)
}
