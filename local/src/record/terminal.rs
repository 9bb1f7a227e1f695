//! A command under a pseudo-terminal of its own, between it and the person's.

use std::io::{IsTerminal as _, Read as _, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::Child;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use pty_process::Size;
use pty_process::blocking::{Command, Pty, open};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};
use signal_hook::consts::SIGWINCH;
use signal_hook::iterator::Signals;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::asciicast::Event;

/// Of a terminal that nobody sees.
const COLUMNS: u16 = 80;
const ROWS: u16 = 24;
/// What a person types at the end of the input.
const END_OF_INPUT: u8 = 4;

/// A running command.
#[derive(Debug)]
pub(super) struct Terminal {
    happened: UnboundedReceiver<Happening>,
    _raw: Option<Raw>,
}

/// What comes next.
#[derive(Debug)]
pub(super) enum Happening {
    /// Something, so long after the beginning.
    Event { at: Duration, event: Event },
    /// Nothing for a while.
    Nothing,
    /// The command ended with this exit status, and everything that it wrote was told.
    Ended(u8),
}

/// Tells what happens, and when.
#[derive(Clone, Debug)]
struct Tell {
    to: UnboundedSender<Happening>,
    began: Instant,
}

impl Tell {
    fn event(&self, event: Event) {
        // Nobody listens any more once the recording has failed; the command goes on all the same.
        self.to.send(Happening::Event { at: self.began.elapsed(), event }).ok();
    }
}

impl Terminal {
    /// Starts the command in a terminal of the person's size.
    pub(super) fn start(program: &str, arguments: &[String], record_input: bool) -> Result<Self> {
        let (pty, pts) = open().context("open a pseudo-terminal")?;
        let (columns, rows) = size().unwrap_or((COLUMNS, ROWS));
        pty.resize(Size::new(rows, columns)).context("set the terminal's size")?;
        let child = Command::new(program).args(arguments).spawn(pts);
        let child = child.with_context(|| format!("start {program}"))?;
        let pty = Arc::new(pty);
        let (to, happened) = unbounded_channel();
        let tell = Tell { to, began: Instant::now() };
        tell.event(Event::Resize { columns, rows });
        let raw = Raw::set();
        follow_size(&pty, &tell)?;
        follow_input(&pty, &tell, record_input);
        follow_output(pty, tell, child);
        Ok(Self { happened, _raw: raw })
    }

    /// Waits for what comes next.
    pub(super) async fn next(&mut self) -> Happening {
        self.happened.recv().await.unwrap_or(Happening::Ended(1))
    }
}

/// Its last word is the command's end.
fn follow_output(pty: Arc<Pty>, tell: Tell, mut child: Child) {
    std::thread::spawn(move || {
        let mut buffer = [0; 8192];
        let mut screen = std::io::stdout();
        loop {
            // Linux answers an error when the last one to have the terminal open has gone.
            let read = (&*pty).read(&mut buffer).unwrap_or(0);
            if read == 0 {
                break;
            }
            screen.write_all(&buffer[..read]).and_then(|()| screen.flush()).ok();
            tell.event(Event::Output(buffer[..read].to_vec()));
        }
        let status = child.wait().map_or(1, |status| {
            status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(1)
        });
        tell.to.send(Happening::Ended(u8::try_from(status).unwrap_or(1))).ok();
    });
}

fn follow_input(pty: &Arc<Pty>, tell: &Tell, record: bool) {
    let (pty, tell) = (Arc::clone(pty), tell.clone());
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        let mut keyboard = std::io::stdin();
        loop {
            let read = keyboard.read(&mut buffer).unwrap_or(0);
            let typed = if read == 0 { &[END_OF_INPUT][..] } else { &buffer[..read] };
            if (&*pty).write_all(typed).is_err() || read == 0 {
                return;
            }
            if record {
                tell.event(Event::Input(typed.to_vec()));
            }
        }
    });
}

fn follow_size(pty: &Arc<Pty>, tell: &Tell) -> Result<()> {
    let mut signals = Signals::new([SIGWINCH]).context("follow the terminal's size")?;
    let (pty, tell) = (Arc::clone(pty), tell.clone());
    std::thread::spawn(move || {
        for _ in signals.forever() {
            if let Some((columns, rows)) = size()
                && pty.resize(Size::new(rows, columns)).is_ok()
            {
                tell.event(Event::Resize { columns, rows });
            }
        }
    });
    Ok(())
}

/// The size of the person's terminal, in characters.
fn size() -> Option<(u16, u16)> {
    let size = tcgetwinsize(std::io::stdout()).or_else(|_| tcgetwinsize(std::io::stdin())).ok()?;
    (size.ws_col > 0 && size.ws_row > 0).then_some((size.ws_col, size.ws_row))
}

/// The person's terminal hands on every key, until this is dropped.
#[derive(Debug)]
struct Raw(Termios);

impl Raw {
    fn set() -> Option<Self> {
        let keyboard = std::io::stdin();
        if !keyboard.is_terminal() {
            return None;
        }
        let before = tcgetattr(&keyboard).ok()?;
        let mut raw = before.clone();
        raw.make_raw();
        tcsetattr(&keyboard, OptionalActions::Flush, &raw).ok()?;
        Some(Self(before))
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        tcsetattr(std::io::stdin(), OptionalActions::Flush, &self.0).ok();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::{Event, Happening, Terminal};

    async fn ran(script: &str) -> (Vec<Event>, u8) {
        let arguments = ["-c".to_owned(), script.to_owned()];
        let mut terminal = Terminal::start("sh", &arguments, false).unwrap();
        let mut events = Vec::new();
        loop {
            match terminal.next().await {
                Happening::Event { event, .. } => events.push(event),
                Happening::Nothing => {}
                Happening::Ended(status) => return (events, status),
            }
        }
    }

    #[tokio::test]
    async fn a_command_has_a_terminal_and_everything_that_it_writes_is_told_before_its_end() {
        let (events, status) = ran("test -t 0 && test -t 1 && stty size && printf last; exit 7").await;
        assert_eq!(status, 7);
        assert!(matches!(events[0], Event::Resize { .. }), "{events:?}");
        let Event::Resize { columns, rows } = events[0] else { return };
        let told: Vec<u8> = events
            .iter()
            .filter_map(|event| match event {
                Event::Output(bytes) => Some(bytes.as_slice()),
                Event::Input(_) | Event::Resize { .. } => None,
            })
            .flatten()
            .copied()
            .collect();
        let told = String::from_utf8(told).unwrap();
        assert!(told.contains(&format!("{rows} {columns}\r\n")) && told.ends_with("last"), "{told:?}");
    }

    #[tokio::test]
    async fn a_command_that_is_killed_ends_as_a_shell_would_say() {
        assert_eq!(ran("kill -9 $$").await.1, 137);
    }
}
