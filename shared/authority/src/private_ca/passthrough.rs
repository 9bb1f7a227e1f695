//! What a certificate says, in the words of Private CA's ApiPassthrough: it wins over what stands in the CSR.
//!
//! <https://docs.aws.amazon.com/privateca/latest/APIReference/API_ApiPassthrough.html>

use aws_sdk_acmpca::error::BuildError;
use aws_sdk_acmpca::types::{
    ApiPassthrough, Asn1Subject, CustomAttribute, ExtendedKeyUsage as Purpose, ExtendedKeyUsageType,
    Extensions, GeneralName, KeyUsage as Uses,
};
use model::certificate::{AltName, Attribute, ExtendedKeyUsage, KeyUsage, Spec, Subject};

pub(super) fn of(spec: &Spec) -> Result<ApiPassthrough, BuildError> {
    let mut extensions = Extensions::builder();
    let mut has_extensions = false;
    if !spec.alt_names.is_empty() {
        let names = spec.alt_names.iter().map(name).collect();
        extensions = extensions.set_subject_alternative_names(Some(names));
        has_extensions = true;
    }
    if !spec.key_usages.is_empty() {
        let uses = |usage| spec.key_usages.contains(&usage);
        let uses = Uses::builder()
            .digital_signature(uses(KeyUsage::DigitalSignature))
            .non_repudiation(uses(KeyUsage::NonRepudiation))
            .key_encipherment(uses(KeyUsage::KeyEncipherment))
            .data_encipherment(uses(KeyUsage::DataEncipherment))
            .key_agreement(uses(KeyUsage::KeyAgreement))
            .key_cert_sign(uses(KeyUsage::KeyCertSign))
            .crl_sign(uses(KeyUsage::CrlSign))
            .encipher_only(uses(KeyUsage::EncipherOnly))
            .decipher_only(uses(KeyUsage::DecipherOnly));
        extensions = extensions.key_usage(uses.build());
        has_extensions = true;
    }
    if !spec.extended_key_usages.is_empty() {
        let purpose =
            |usage: &ExtendedKeyUsage| Purpose::builder().extended_key_usage_type(purpose(*usage)).build();
        let purposes = spec.extended_key_usages.iter().map(purpose).collect();
        extensions = extensions.set_extended_key_usage(Some(purposes));
        has_extensions = true;
    }
    let extensions = has_extensions.then(|| extensions.build());
    let subject = match spec.subject.is_empty() {
        true => None,
        false => Some(subject(&spec.subject)?),
    };
    Ok(ApiPassthrough::builder().set_extensions(extensions).set_subject(subject).build())
}

fn name(name: &AltName) -> GeneralName {
    let general = GeneralName::builder();
    match name {
        AltName::Dns(host) => general.dns_name(host),
        AltName::Ip(address) => general.ip_address(address.to_string()),
        AltName::Email(mailbox) => general.rfc822_name(mailbox),
        AltName::Uri(uri) => general.uniform_resource_identifier(uri),
    }
    .build()
}

fn purpose(usage: ExtendedKeyUsage) -> ExtendedKeyUsageType {
    match usage {
        ExtendedKeyUsage::ServerAuth => ExtendedKeyUsageType::ServerAuth,
        ExtendedKeyUsage::ClientAuth => ExtendedKeyUsageType::ClientAuth,
        ExtendedKeyUsage::CodeSigning => ExtendedKeyUsageType::CodeSigning,
        ExtendedKeyUsage::EmailProtection => ExtendedKeyUsageType::EmailProtection,
        ExtendedKeyUsage::TimeStamping => ExtendedKeyUsageType::TimeStamping,
        ExtendedKeyUsage::OcspSigning => ExtendedKeyUsageType::OcspSigning,
    }
}

/// Domain components have no field of their own; and either all of a subject stands in fields, or nothing of it.
fn subject(subject: &Subject) -> Result<Asn1Subject, BuildError> {
    let builder = Asn1Subject::builder();
    if subject.domain_components.is_empty() {
        return Ok(builder
            .set_country(subject.country.clone())
            .set_state(subject.state.clone())
            .set_locality(subject.locality.clone())
            .set_organization(subject.organization.clone())
            .set_organizational_unit(subject.organizational_unit.clone())
            .set_common_name(subject.common_name.clone())
            .build());
    }
    // The outermost comes first in a name.
    let order = [
        Attribute::DomainComponent,
        Attribute::Country,
        Attribute::State,
        Attribute::Locality,
        Attribute::Organization,
        Attribute::OrganizationalUnit,
        Attribute::CommonName,
    ];
    let mut attributes = Vec::new();
    for attribute in order {
        let mut values = subject.values(attribute);
        if attribute == Attribute::DomainComponent {
            values.reverse();
        }
        for value in values {
            let one = CustomAttribute::builder().object_identifier(oid(attribute)).value(value);
            attributes.push(one.build()?);
        }
    }
    Ok(builder.set_custom_attributes(Some(attributes)).build())
}

/// <https://www.rfc-editor.org/rfc/rfc4519>
const fn oid(attribute: Attribute) -> &'static str {
    match attribute {
        Attribute::CommonName => "2.5.4.3",
        Attribute::Country => "2.5.4.6",
        Attribute::Locality => "2.5.4.7",
        Attribute::State => "2.5.4.8",
        Attribute::Organization => "2.5.4.10",
        Attribute::OrganizationalUnit => "2.5.4.11",
        Attribute::DomainComponent => "0.9.2342.19200300.100.1.25",
    }
}
