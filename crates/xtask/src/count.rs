//! How many tests passed: read out of what test runners print.
//!
//! Two runners are understood, `cargo test` (one `test result:` line per test program) and
//! cargo-nextest (one `Summary` line in all). The counts are for the summary only; whether a stage
//! passed is told by the runner's exit status.

/// Tests run in one stage.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Count {
    /// Tests that held.
    pub passed: u32,
    /// Tests that did not.
    pub failed: u32,
}

impl Count {
    /// One thing that held.
    pub const ONE: Count = Count {
        passed: 1,
        failed: 0,
    };

    /// Takes in one line of a runner's output; lines that hold no counts change nothing.
    pub fn read(&mut self, line: &str) {
        let line = line.trim_start();
        let counts = if let Some(rest) = line.strip_prefix("test result:") {
            rest
        } else if line.starts_with("Summary [") && line.contains("tests run:")
            || line.contains("test run:")
        {
            line.rsplit("run:").next().unwrap_or("")
        } else {
            return;
        };
        let words: Vec<_> = counts
            .split([' ', ',', ';', '.'])
            .filter(|w| !w.is_empty())
            .collect();
        for pair in words.windows(2) {
            let Ok(n) = pair[0].parse::<u32>() else {
                continue;
            };
            match pair[1] {
                "passed" => self.passed += n,
                // nextest tells apart what `cargo test` calls failed; "timed" goes on with "out".
                "failed" | "timed" | "exec" => self.failed += n,
                _ => {}
            }
        }
    }
}

impl std::ops::AddAssign for Count {
    fn add_assign(&mut self, other: Count) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(lines: &[&str]) -> (u32, u32) {
        let mut count = Count::default();
        lines.iter().for_each(|line| count.read(line));
        (count.passed, count.failed)
    }

    #[test]
    fn cargo_test_prints_one_line_per_program() {
        let lines = [
            "running 4 tests",
            "test result: ok. 4 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s",
            "test result: FAILED. 2 passed; 1 failed; 1 ignored; 0 measured; 3 filtered out; finished in 1.25s",
        ];
        assert_eq!(count(&lines), (6, 1));
    }

    #[test]
    fn nextest_prints_one_summary() {
        assert_eq!(
            count(&["     Summary [   0.005s] 12 tests run: 12 passed (1 slow), 3 skipped"]),
            (12, 0)
        );
        let bad = "     Summary [   9.1s] 9 tests run: 5 passed, 2 failed, 1 timed out, 1 exec failed, 4 skipped";
        assert_eq!(count(&[bad]), (5, 4));
        assert_eq!(
            count(&["     Summary [   0.1s] 1 test run: 1 passed, 0 skipped"]),
            (1, 0)
        );
    }

    #[test]
    fn other_lines_count_nothing() {
        assert_eq!(
            count(&["error: 3 failed", "5 passed; 2 failed", ""]),
            (0, 0)
        );
    }
}
