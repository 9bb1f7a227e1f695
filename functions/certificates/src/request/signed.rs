//! What a signing request says, as far as a certificate here can say it.

use model::certificate::Signed;
use web::Problem;
use x509::CertificateRequest;

use super::error;

/// Reads a signing request. What it asks for and no certificate would have is refused: whoever wrote it expects it.
///
/// # Errors
/// 400 with what is wrong with it.
pub(super) fn read(pem: &str) -> Result<(Signed, String), Problem> {
    let request = CertificateRequest::from_pem(pem).map_err(error::csr)?;
    let strange = [
        ("its subject has", &request.other_subject),
        ("it asks for the names", &request.other_alt_names),
        ("it asks for the extended key usages", &request.other_extended_key_usages),
        ("it asks for the extensions", &request.other_extensions),
    ];
    let words: Vec<String> = strange
        .iter()
        .filter(|(_, what)| !what.is_empty())
        .map(|(words, what)| format!("{words} {}", what.join(", ")))
        .collect();
    if !words.is_empty() {
        return Err(error::csr(format!("{}, which certificates here do not have", words.join("; "))));
    }
    let pem = request.to_pem();
    let signed = Signed {
        key_algorithm: request.public_key.algorithm(),
        subject: request.subject,
        alt_names: request.alt_names,
        key_usages: request.key_usages,
        extended_key_usages: request.extended_key_usages,
        basic_constraints: request.basic_constraints,
    };
    Ok((signed, pem))
}
