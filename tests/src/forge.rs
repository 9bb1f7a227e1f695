//! Tokens that nobody was given: real ones changed, and such as only the signing key itself could have made.

use anyhow::{Context as _, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use local::root::Root;
use serde_json::{Value, json};

/// The claims of a token.
///
/// # Errors
/// When it is no JWT.
pub fn claims(token: &str) -> Result<Value> {
    part(token, 1)
}

/// The header of a token.
///
/// # Errors
/// When it is no JWT.
pub fn header(token: &str) -> Result<Value> {
    part(token, 0)
}

/// The token with other claims and its old signature.
///
/// # Errors
/// When it is no JWT.
pub fn tampered(token: &str, claims: &Value) -> Result<String> {
    let mut parts = token.split('.');
    let (header, signature) = (parts.next().context("no header")?, parts.nth(1).context("no signature")?);
    Ok(format!("{header}.{}.{signature}", encoded(claims)))
}

/// A token without a signature.
#[must_use]
pub fn unsigned(claims: &Value) -> String {
    format!("{}.{}.", encoded(&json!({ "alg": "none", "typ": "JWT" })), encoded(claims))
}

/// A token that says it is signed with a shared secret.
#[must_use]
pub fn symmetric(header: &Value, claims: &Value) -> String {
    let mut header = header.clone();
    header["alg"] = json!("HS256");
    format!("{}.{}.{}", encoded(&header), encoded(claims), URL_SAFE_NO_PAD.encode([7; 32]))
}

/// A token that the deployment's own key has signed, as the root of its account can have it.
///
/// # Errors
/// When the key cannot be found or does not sign.
pub async fn signed(endpoint: &str, header: &Value, claims: &Value) -> Result<String> {
    let root = Root::new(endpoint, local::standins::PLATFORM_ACCOUNT);
    let key = signing_key(&root).await?;
    let message = format!("{}.{}", encoded(header), encoded(claims));
    let request = json!({
        "KeyId": key, "SigningAlgorithm": "ECDSA_SHA_256", "MessageType": "RAW", "Message": STANDARD.encode(&message),
    });
    let answer = root.json("kms", "TrentService.Sign", &request).await?;
    let der = STANDARD.decode(answer["Signature"].as_str().context("no signature")?)?;
    Ok(format!("{message}.{}", URL_SAFE_NO_PAD.encode(raw(&der)?)))
}

async fn signing_key(root: &Root) -> Result<String> {
    let keys = root.json("kms", "TrentService.ListKeys", &json!({})).await?;
    for key in keys["Keys"].as_array().into_iter().flatten() {
        let about = root.json("kms", "TrentService.DescribeKey", &json!({ "KeyId": key["KeyId"] })).await?;
        if about["KeyMetadata"]["KeySpec"] == "ECC_NIST_P256" {
            return key["KeyId"].as_str().map(str::to_owned).context("a key without an id");
        }
    }
    anyhow::bail!("the account has no signing key")
}

/// The two numbers of an ECDSA signature side by side, as JWS wants them: <https://www.rfc-editor.org/rfc/rfc7518#section-3.4>.
fn raw(der: &[u8]) -> Result<Vec<u8>> {
    let (tag, body) = (der.first(), der.get(2..).context("a short signature")?);
    ensure!(tag == Some(&0x30), "no sequence");
    let mut rest = body;
    let mut numbers = Vec::with_capacity(64);
    for _ in 0..2 {
        let length = usize::from(*rest.get(1).context("a short number")?);
        let number = rest.get(2..2 + length).context("a short number")?;
        let significant: Vec<u8> = number.iter().copied().skip_while(|byte| *byte == 0).collect();
        numbers.extend(std::iter::repeat_n(0, 32_usize.saturating_sub(significant.len())));
        numbers.extend(significant);
        rest = rest.get(2 + length..).unwrap_or_default();
    }
    ensure!(numbers.len() == 64, "{} bytes instead of 64", numbers.len());
    Ok(numbers)
}

fn part(token: &str, at: usize) -> Result<Value> {
    let text = token.split('.').nth(at).context("no JWT")?;
    Ok(serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text)?)?)
}

fn encoded(part: &Value) -> String {
    URL_SAFE_NO_PAD.encode(part.to_string())
}
