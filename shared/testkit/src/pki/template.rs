//! Private CA's templates: <https://docs.aws.amazon.com/privateca/latest/userguide/UsingTemplates.html>

use std::net::IpAddr;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, KeyUsagePurpose, SanType,
};
use serde_json::{Value, json};

use super::Refusal;
use super::csr::Csr;

/// The name of the template that is asked for.
pub(super) fn name(body: &Value) -> Result<String, Refusal> {
    let arn = body["TemplateArn"].as_str().unwrap_or("arn:aws:acm-pca:::template/EndEntityCertificate/V1");
    let name = arn.strip_prefix("arn:aws:acm-pca:::template/").filter(|name| name.ends_with("/V1"));
    let Some(name) = name else {
        return Err(Refusal::new("ValidationException", format!("The template {arn} is not supported.")));
    };
    let takes = ["_APIPassthrough/", "_APICSRPassthrough/"].iter().any(|variant| name.contains(variant));
    if body["ApiPassthrough"].is_object() && !takes {
        let message = format!("ApiPassthrough is not supported with the template {arn}.");
        return Err(Refusal::new("ValidationException", message));
    }
    Ok(name.to_owned())
}

/// What the certificate says: of the API before the CSR, and of the template before both.
pub(super) fn contents(
    template: &str,
    csr: &Csr,
    api: &Value,
    mut params: CertificateParams,
) -> Result<CertificateParams, Refusal> {
    let from_csr = template.contains("CSRPassthrough");
    let extensions = &api["Extensions"];
    params.distinguished_name = csr.subject.clone();
    if let Some(subject) = api["Subject"].as_object() {
        params.distinguished_name = rcgen::DistinguishedName::new();
        for (field, kind) in [
            ("CommonName", DnType::CommonName),
            ("Organization", DnType::OrganizationName),
            ("OrganizationalUnit", DnType::OrganizationalUnitName),
            ("Country", DnType::CountryName),
            ("State", DnType::StateOrProvinceName),
            ("Locality", DnType::LocalityName),
        ] {
            if let Some(value) = subject.get(field).and_then(Value::as_str) {
                params.distinguished_name.push(kind, value);
            }
        }
    }
    // Without any passthrough the names of the CSR are taken, and nothing else of its extensions.
    params.subject_alt_names = csr.alt_names.clone();
    if let Some(names) = extensions["SubjectAlternativeNames"].as_array() {
        params.subject_alt_names = names.iter().map(alt_name).collect::<Result<_, _>>()?;
    }
    if template.starts_with("SubordinateCACertificate") {
        let length = template.split("PathLen").nth(1).and_then(|rest| rest.chars().next()?.to_digit(10));
        let length = length.and_then(|length| u8::try_from(length).ok()).unwrap_or_default();
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(length));
        params.key_usages =
            vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        return Ok(params);
    }
    params.is_ca = IsCa::ExplicitNoCa;
    if template.starts_with("Blank") {
        if from_csr {
            params.key_usages = csr.key_usages.clone();
            params.extended_key_usages = csr.extended_key_usages.clone();
        }
        if let Some(usages) = extensions["KeyUsage"].as_object() {
            params.key_usages = USAGES
                .into_iter()
                .filter(|(name, _)| usages.get(*name) == Some(&json!(true)))
                .map(|(_, usage)| usage)
                .collect();
        }
        if let Some(usages) = extensions["ExtendedKeyUsage"].as_array() {
            params.extended_key_usages = usages.iter().map(extended).collect::<Result<_, _>>()?;
        }
        return Ok(params);
    }
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
    params.extended_key_usages = match template.split(['_', '/']).next().unwrap_or_default() {
        "EndEntityServerAuthCertificate" => vec![ExtendedKeyUsagePurpose::ServerAuth],
        "EndEntityClientAuthCertificate" => vec![ExtendedKeyUsagePurpose::ClientAuth],
        _ => vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth],
    };
    Ok(params)
}

const USAGES: [(&str, KeyUsagePurpose); 9] = [
    ("DigitalSignature", KeyUsagePurpose::DigitalSignature),
    ("NonRepudiation", KeyUsagePurpose::ContentCommitment),
    ("KeyEncipherment", KeyUsagePurpose::KeyEncipherment),
    ("DataEncipherment", KeyUsagePurpose::DataEncipherment),
    ("KeyAgreement", KeyUsagePurpose::KeyAgreement),
    ("KeyCertSign", KeyUsagePurpose::KeyCertSign),
    ("CRLSign", KeyUsagePurpose::CrlSign),
    ("EncipherOnly", KeyUsagePurpose::EncipherOnly),
    ("DecipherOnly", KeyUsagePurpose::DecipherOnly),
];

fn extended(usage: &Value) -> Result<ExtendedKeyUsagePurpose, Refusal> {
    Ok(match usage["ExtendedKeyUsageType"].as_str() {
        Some("SERVER_AUTH") => ExtendedKeyUsagePurpose::ServerAuth,
        Some("CLIENT_AUTH") => ExtendedKeyUsagePurpose::ClientAuth,
        Some("CODE_SIGNING") => ExtendedKeyUsagePurpose::CodeSigning,
        Some("EMAIL_PROTECTION") => ExtendedKeyUsagePurpose::EmailProtection,
        Some("TIME_STAMPING") => ExtendedKeyUsagePurpose::TimeStamping,
        Some("OCSP_SIGNING") => ExtendedKeyUsagePurpose::OcspSigning,
        _ => return Err(Refusal::new("ValidationException", format!("{usage} is no extended key usage"))),
    })
}

fn alt_name(name: &Value) -> Result<SanType, Refusal> {
    let field = |field: &str| name[field].as_str().map(str::to_owned);
    let bad = |_| Refusal::new("ValidationException", format!("{name} is no name"));
    if let Some(dns) = field("DnsName") {
        return Ok(SanType::DnsName(dns.try_into().map_err(bad)?));
    }
    if let Some(mail) = field("Rfc822Name") {
        return Ok(SanType::Rfc822Name(mail.try_into().map_err(bad)?));
    }
    if let Some(uri) = field("UniformResourceIdentifier") {
        return Ok(SanType::URI(uri.try_into().map_err(bad)?));
    }
    let ip = field("IpAddress").and_then(|ip| ip.parse::<IpAddr>().ok());
    ip.map(SanType::IpAddress)
        .ok_or_else(|| Refusal::new("ValidationException", format!("{name} is no name")))
}
