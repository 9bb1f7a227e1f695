//! The text form of keys, requests and certificates.
//!
//! <https://www.rfc-editor.org/rfc/rfc7468>. Read leniently where files in the wild differ (any length of line, CRLF, words
//! around the blocks), strictly where a mistake would change what is read (labels, base64).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const DASHES: &str = "-----";

/// Characters of base64 in a line.
const LINE: usize = 64;

/// Why a text is no PEM of the kind wanted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotPem {
    /// Longer than anything of the kind.
    #[error("is longer than {limit} characters")]
    TooLong {
        /// The most.
        limit: usize,
    },
    /// There is no block.
    #[error("holds no PEM block (-----BEGIN …-----)")]
    NoBlock,
    /// A block does not end, or ends as something else.
    #[error("has a PEM block that does not end as it begins")]
    Unclosed,
    /// A block's content is no base64.
    #[error("has a PEM block that is not base64")]
    NotBase64,
    /// Encrypted in the manner of old OpenSSL, with headers in the block.
    #[error("has a PEM block with headers, as old encrypted keys have; convert it to PKCS#8")]
    Headers,
}

/// One block.
pub(crate) struct Block<'a> {
    /// What it says it is.
    pub(crate) label: &'a str,
    /// What it holds.
    pub(crate) der: Zeroizing<Vec<u8>>,
}

/// Every block of a text, in order. Text outside of blocks is passed over.
pub(crate) fn read(text: &str, limit: usize) -> Result<Vec<Block<'_>>, NotPem> {
    if text.len() > limit {
        return Err(NotPem::TooLong { limit });
    }
    let mut blocks = Vec::new();
    let mut lines = text.lines().map(str::trim);
    while let Some(line) = lines.next() {
        let Some(label) = line.strip_prefix(BEGIN).and_then(|rest| rest.strip_suffix(DASHES)) else {
            continue;
        };
        let mut body = Zeroizing::new(String::with_capacity(text.len()));
        let end = loop {
            match lines.next() {
                Some(line) if line.starts_with(DASHES) => break line,
                Some(line) if line.contains(':') => return Err(NotPem::Headers),
                Some(line) => body.extend(line.split_whitespace()),
                None => return Err(NotPem::Unclosed),
            }
        };
        let ends = end.strip_prefix(END).and_then(|rest| rest.strip_suffix(DASHES));
        if ends != Some(label) {
            return Err(NotPem::Unclosed);
        }
        let der = STANDARD.decode(body.as_bytes()).map_err(|_| NotPem::NotBase64)?;
        blocks.push(Block { label, der: Zeroizing::new(der) });
    }
    if blocks.is_empty() { Err(NotPem::NoBlock) } else { Ok(blocks) }
}

/// A block of this label, in lines as every reader takes them, with a line feed at the end.
pub(crate) fn write(label: &str, der: &[u8]) -> Zeroizing<String> {
    let body = Zeroizing::new(STANDARD.encode(der));
    let framing = 2 * (BEGIN.len() + label.len() + DASHES.len() + 1);
    // Large enough from the start, so that no copy of a key stays behind in memory that was given back.
    let mut text = Zeroizing::new(String::with_capacity(body.len() + body.len() / LINE + 1 + framing));
    for part in [BEGIN, label, DASHES, "\n"] {
        text.push_str(part);
    }
    let mut rest = body.as_str();
    while !rest.is_empty() {
        let (line, more) = rest.split_at(LINE.min(rest.len()));
        text.push_str(line);
        text.push('\n');
        rest = more;
    }
    for part in [END, label, DASHES, "\n"] {
        text.push_str(part);
    }
    text
}
