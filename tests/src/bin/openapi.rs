//! `cargo run -p tests --bin openapi > functions/identities/openapi.json`: the document of the API, from the code.

use std::io::Write as _;

fn main() -> anyhow::Result<()> {
    let document = tests::openapi::written(&tests::openapi::generated())?;
    std::io::stdout().write_all(document.as_bytes())?;
    Ok(())
}
