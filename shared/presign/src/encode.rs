//! Percent-encoding as Signature Version 4 wants it: everything but RFC 3986's unreserved characters.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const PATH: &AsciiSet = &QUERY.remove(b'/');

/// A key in a path: slashes stay, and S3 wants nothing encoded twice and no `..` resolved.
pub(crate) fn path_onto(target: &mut String, key: &str) {
    target.extend(utf8_percent_encode(key, PATH));
}

/// A value of a query.
pub(crate) fn query_onto(target: &mut String, value: &str) {
    target.extend(utf8_percent_encode(value, QUERY));
}
