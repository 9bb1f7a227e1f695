//! `syncOptions`, by the rules of each destination.

use crate::certificate_sync::name_schema::NameSchemaFault;
use crate::certificate_sync::{Destination, NameSchema, SyncOptions};
use crate::form::{Fault, Form, Rule, rule};

/// Options as they were given: what is absent is as before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptionsPatch {
    can_import_certificates: Option<bool>,
    can_remove_certificates: Option<bool>,
    include_root_ca: Option<bool>,
    preserve_arn: Option<bool>,
    certificate_name_schema: Option<NameSchema>,
    disable_deletion_guard: Option<bool>,
}

impl OptionsPatch {
    /// The options that these are, after `before`.
    #[must_use]
    pub fn onto(self, before: &SyncOptions) -> SyncOptions {
        SyncOptions {
            can_import_certificates: self.can_import_certificates.unwrap_or(before.can_import_certificates),
            can_remove_certificates: self.can_remove_certificates.unwrap_or(before.can_remove_certificates),
            include_root_ca: self.include_root_ca.unwrap_or(before.include_root_ca),
            preserve_arn: self.preserve_arn.unwrap_or(before.preserve_arn),
            certificate_name_schema: self
                .certificate_name_schema
                .or_else(|| before.certificate_name_schema.clone()),
            disable_deletion_guard: self.disable_deletion_guard.or(before.disable_deletion_guard),
        }
    }
}

/// Reads `syncOptions` of a create: ACM's must be there, for they have the name schema.
pub(super) fn of_create(form: &mut Form<'_>, destination: Destination) -> Option<OptionsPatch> {
    match destination {
        Destination::AwsCertificateManager => {
            form.object("syncOptions", |form| options(form, destination, true))
        }
        Destination::AwsElasticLoadBalancer => {
            let nothing = OptionsPatch {
                can_import_certificates: None,
                can_remove_certificates: None,
                include_root_ca: None,
                preserve_arn: None,
                certificate_name_schema: None,
                disable_deletion_guard: None,
            };
            let given = form.nullish_object("syncOptions", |form| options(form, destination, true));
            given.map(|given| given.unwrap_or(nothing))
        }
    }
}

/// Reads `syncOptions`.
pub(super) fn options(form: &mut Form<'_>, destination: Destination, is_new: bool) -> Option<OptionsPatch> {
    let can_import_certificates = form.nullish("canImportCertificates", rule::boolean());
    let can_remove_certificates = form.nullish("canRemoveCertificates", rule::boolean());
    let include_root_ca = match destination {
        Destination::AwsCertificateManager => form.nullish("includeRootCa", rule::boolean()),
        Destination::AwsElasticLoadBalancer => Some(None),
    };
    let preserve_arn = form.nullish("preserveArn", rule::boolean());
    let certificate_name_schema = match destination {
        Destination::AwsCertificateManager if is_new => {
            form.required("certificateNameSchema", name_schema()).map(Some)
        }
        Destination::AwsCertificateManager | Destination::AwsElasticLoadBalancer => {
            form.nullish("certificateNameSchema", name_schema())
        }
    };
    let disable_deletion_guard = form.nullish("disableDeletionGuard", rule::boolean());
    Some(OptionsPatch {
        can_import_certificates: can_import_certificates?,
        can_remove_certificates: can_remove_certificates?,
        include_root_ca: include_root_ca?,
        preserve_arn: preserve_arn?,
        certificate_name_schema: certificate_name_schema?,
        disable_deletion_guard: disable_deletion_guard?,
    })
}

fn name_schema() -> impl Rule<Output = NameSchema> {
    rule::text(|text| {
        let text = text.trim();
        if text.is_empty() {
            return Err(vec![Fault::too_small("string", 1, "String must contain at least 1 character(s)")]);
        }
        let told = |fault: NameSchemaFault| Fault::custom(fault.to_string());
        NameSchema::parse(text).map_err(|faults| faults.into_iter().map(told).collect())
    })
}
