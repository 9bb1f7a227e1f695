//! The table that a reader gets.

use anyhow::{Error, Result, ensure};

use super::life::Level;
use super::trial::Without;

/// A line of it.
#[derive(Clone, Debug)]
pub(super) struct Row {
    cells: [String; 5],
    faults: Vec<String>,
}

/// As much of a message as a line has room for.
const WORDS: usize = 110;

impl Row {
    /// With all that is printed everything works.
    pub(super) fn whole(capability: &str, level: Level, deeds: usize) -> Self {
        let (lack, works) = (Self::nothing_of(level), format!("nothing: {deeds} deeds are done"));
        let cells = [capability, &lack, &works, "", "-"];
        Self { cells: cells.map(str::to_owned), faults: Vec::new() }
    }

    /// What is taken away where all is given.
    pub(super) fn nothing_of(level: Level) -> String {
        format!("nothing of {}", level.name())
    }

    /// It could not be told.
    pub(super) fn fault(capability: &str, lack: &str, fault: &Error) -> Self {
        let cells = [capability, lack, "FAILED", "", ""];
        Self { cells: cells.map(str::to_owned), faults: vec![format!("{fault:#}")] }
    }

    /// Says it at once: the table comes when all lives are over.
    pub(super) fn tell(&self) {
        eprintln!("privileges: {} {}", self.cells.join(" | "), self.faults.join(" | "));
    }

    /// What broke without something, and who told of it.
    pub(super) fn without(
        capability: &str,
        without: &Without,
        broke: &[&str],
        told: &[&str],
        words: &str,
        faults: Vec<String>,
    ) -> Self {
        let mut ended: Vec<String> = Vec::new();
        if !broke.is_empty() {
            ended.push(format!("fails: {}", broke.join(", ")));
        }
        if !told.is_empty() {
            ended.push(format!("done, and told of: {}", told.join(", ")));
        }
        if ended.is_empty() {
            ended.push("nothing".to_owned());
        }
        let words = words.replace('\n', " ");
        let shown: String = words.chars().take(WORDS).collect();
        let shown = if shown.len() < words.len() { format!("{shown}…") } else { shown };
        let rest = "all else here and beside it goes on; heals".to_owned();
        let lack = without.lack.to_string();
        Self { cells: [capability.to_owned(), lack, ended.join("; "), shown, rest], faults }
    }
}

/// Prints the table in one piece.
///
/// # Errors
/// What was not as it should be, line by line.
pub(super) fn print(rows: &[Row]) -> Result<()> {
    let mut text = String::from(
        "\n| capability | taken away | what it breaks | told | others |\n|---|---|---|---|---|\n",
    );
    for row in rows {
        text += &format!("| {} |\n", row.cells.join(" | "));
    }
    println!("{text}");
    let faults: Vec<String> = rows
        .iter()
        .flat_map(|row| {
            row.faults.iter().map(|fault| format!("{} without {}: {fault}", row.cells[0], row.cells[1]))
        })
        .collect();
    ensure!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    Ok(())
}
