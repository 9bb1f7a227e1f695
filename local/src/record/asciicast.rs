//! Events of a terminal as asciicast has them: <https://docs.asciinema.org/manual/asciicast/v2/>

use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// What happened on a terminal.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Event {
    /// The command wrote.
    Output(Vec<u8>),
    /// The person typed.
    Input(Vec<u8>),
    /// The terminal has this size now.
    Resize {
        /// In characters.
        columns: u16,
        /// In characters.
        rows: u16,
    },
}

/// The events since the last cut.
#[derive(Debug, Default)]
pub(super) struct Cast {
    events: Vec<Value>,
    bytes: usize,
    since: Option<Instant>,
    start: Duration,
    end: Duration,
    /// The beginnings of characters whose rest has not come yet: of output, of input.
    unfinished: [Vec<u8>; 2],
}

/// A chunk before it is sealed.
#[derive(Debug)]
pub(super) struct Plain {
    /// A JSON array of events.
    pub(super) json: Vec<u8>,
    /// When its first event happened, since the session began.
    pub(super) start: Duration,
    /// When its last one did.
    pub(super) end: Duration,
}

impl Cast {
    /// Adds an event that happened so long after the session began.
    pub(super) fn add(&mut self, at: Duration, event: Event) {
        let (code, text) = match event {
            Event::Output(bytes) => ("o", self.text(0, &bytes)),
            Event::Input(bytes) => ("i", self.text(1, &bytes)),
            Event::Resize { columns, rows } => ("r", format!("{columns}x{rows}")),
        };
        if self.since.is_none() {
            self.since = Some(Instant::now());
            self.start = at;
        }
        self.end = at;
        if !text.is_empty() {
            self.bytes += text.len();
            self.push(at, code, &text);
        }
    }

    /// Since when something waits to be cut.
    pub(super) fn waiting_since(&self) -> Option<Instant> {
        self.since
    }

    /// So much text waits.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Everything since the last cut. At the `last` one, characters without an end are told as such.
    pub(super) fn take(&mut self, last: bool) -> Plain {
        if last {
            for (stream, code) in ["o", "i"].into_iter().enumerate() {
                let rest = std::mem::take(&mut self.unfinished[stream]);
                if !rest.is_empty() {
                    self.push(self.end, code, &String::from_utf8_lossy(&rest));
                }
            }
        }
        let json = Value::Array(std::mem::take(&mut self.events)).to_string().into_bytes();
        (self.bytes, self.since) = (0, None);
        Plain { json, start: self.start, end: self.end }
    }

    fn push(&mut self, at: Duration, code: &str, text: &str) {
        // Microseconds: more digits than a player shows, and no more.
        let seconds = (at.as_secs_f64() * 1e6).round() / 1e6;
        self.events.push(json!([seconds, code, text]));
    }

    /// The whole characters of a stream so far; what is no UTF-8 at all becomes U+FFFD.
    fn text(&mut self, stream: usize, bytes: &[u8]) -> String {
        let pending = &mut self.unfinished[stream];
        pending.extend_from_slice(bytes);
        let whole = whole_characters(pending);
        let rest = pending.split_off(whole);
        let told = std::mem::replace(pending, rest);
        String::from_utf8_lossy(&told).into_owned()
    }
}

/// How many bytes there are before a character that the end cuts off.
fn whole_characters(bytes: &[u8]) -> usize {
    let tail = bytes.len().saturating_sub(3);
    let lead = bytes[tail..].iter().rposition(|byte| byte & 0b1100_0000 != 0b1000_0000);
    let Some(lead) = lead.map(|at| tail + at) else { return bytes.len() };
    let needs = match bytes[lead] {
        0b1100_0000..=0b1101_1111 => 2,
        0b1110_0000..=0b1110_1111 => 3,
        0b1111_0000..=0b1111_0111 => 4,
        _ => 1,
    };
    if bytes.len() - lead < needs { lead } else { bytes.len() }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::time::Duration;

    use serde_json::{Value, json};

    use super::{Cast, Event};

    fn events(cast: &mut Cast, last: bool) -> Value {
        serde_json::from_slice(&cast.take(last).json).unwrap()
    }

    #[test]
    fn events_have_their_time_and_kind() {
        let mut cast = Cast::default();
        cast.add(Duration::ZERO, Event::Resize { columns: 80, rows: 24 });
        cast.add(Duration::from_micros(1_234_567), Event::Output(b"ls\r\n".to_vec()));
        cast.add(Duration::from_secs(2), Event::Input(b"q".to_vec()));
        let plain = cast.take(false);
        assert_eq!((plain.start, plain.end), (Duration::ZERO, Duration::from_secs(2)));
        let told: Value = serde_json::from_slice(&plain.json).unwrap();
        assert_eq!(told, json!([[0.0, "r", "80x24"], [1.234_567, "o", "ls\r\n"], [2.0, "i", "q"]]));
        assert!(cast.waiting_since().is_none());
    }

    #[test]
    fn a_character_cut_in_two_is_told_whole_and_in_its_own_stream() {
        for text in ["é", "€", "😀"] {
            for at in 1..text.len() {
                let mut cast = Cast::default();
                let (head, tail) = text.as_bytes().split_at(at);
                cast.add(Duration::ZERO, Event::Output([b"a", head].concat()));
                assert_eq!(events(&mut cast, false), json!([[0.0, "o", "a"]]));
                cast.add(Duration::ZERO, Event::Input(b"x".to_vec()));
                cast.add(Duration::ZERO, Event::Output(tail.to_vec()));
                assert_eq!(events(&mut cast, false), json!([[0.0, "i", "x"], [0.0, "o", text]]));
            }
        }
    }

    #[test]
    fn what_is_no_text_does_not_stop_the_recording() {
        let mut cast = Cast::default();
        cast.add(Duration::ZERO, Event::Output(vec![0xff, b'a', 0x80, 0x80, 0x80, 0x80, 0xe2, 0x82]));
        let told = events(&mut cast, false).to_string();
        assert!(told.contains("\u{fffd}a\u{fffd}"), "{told}");
        assert_eq!(events(&mut cast, true), json!([[0.0, "o", "\u{fffd}"]]));
    }
}
