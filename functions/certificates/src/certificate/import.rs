//! Certificates that others had made.

use axum::Json;
use axum::extract::State;
use model::certificate::{Bundle, Certificate, Life};
use model::form::{Form, Read, rule};
use model::id::{CertificateId, ProjectId};
use model::permission::{Action, Scope, Subject};
use model::project::Asked;
use secrecy::SecretString;
use serde::Serialize;
use store::{Change, Conflict};
use web::{Caller, Exposed, JsonBody, Problem};
use x509::Import;

use super::{NotKept, called, not_kept};
use crate::{Ctx, error, project};

/// Characters of PEM that are read, of which no certificate, key or chain of the kinds that are kept has as many.
const MOST_PEM: usize = 128 * 1024;
const MOST_KEY: usize = 16 * 1024;

/// What the body says.
pub(crate) struct Given {
    project: Asked,
    certificate: String,
    chain: String,
    key: Option<SecretString>,
}

impl Read for Given {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let project = Asked::read(form);
        let certificate = form.required("certificatePem", rule::trimmed(1, MOST_PEM));
        let chain = form.nullish("chainPem", rule::trimmed(0, MOST_PEM));
        let key = form.nullish("privateKeyPem", rule::secret(MOST_KEY));
        Some(Self {
            project: project?,
            certificate: certificate?,
            chain: chain?.unwrap_or_default(),
            key: key?,
        })
    }
}

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer {
    certificate: String,
    certificate_chain: String,
    private_key: Option<Exposed>,
    serial_number: String,
    /// Ours.
    certificate_id: CertificateId,
}

/// `POST …/import-certificate` `{certificatePem, privateKeyPem?, chainPem?, projectId?, projectSlug?}`: kept when certificate,
/// key and chain fit each other, and the key is strong. It is listed, read and packed as others are, and told about before its
/// end; it is not renewed or revoked here, for its authority is unknown. One KMS call at most, one transaction.
pub(super) async fn import(
    State(ctx): State<Ctx>,
    caller: Caller,
    body: JsonBody<Given>,
) -> Result<(NotKept, Json<Answer>), Problem> {
    let given = body.read()?;
    let project =
        project::permitted(&ctx, &caller, &given.project, Action::Create, Subject::Certificates).await?;
    let imported = Import::read(&given.certificate, &given.chain, given.key.as_ref(), caller.now);
    let imported = imported
        .map_err(|problem| Problem::bad_request(format!("Unable to import the certificate: {problem}")))?;
    let owner = project::ensured(&ctx, &caller, project).await?;
    let (certificate, bundle) = kept(&ctx, &imported, project).await?;
    let change = Change::new(caller.now).create_certificate(&certificate, &bundle).require(&owner.value);
    let audit =
        caller.audit("certificate.import", certificate.id, called(&certificate), Scope::Project(project));
    ctx.store.commit_in_project(change, &audit).await.map_err(|refused| match refused.conflict() {
        Some(Conflict::Stale { .. }) => error::absent_project(project),
        Some(
            Conflict::Exists { .. } | Conflict::NameTaken { .. } | Conflict::Unmet(_) | Conflict::Contended,
        )
        | None => refused.into(),
    })?;
    let answer = Answer {
        certificate_chain: bundle.chain_pem(),
        certificate: bundle.certificate,
        private_key: imported.key.map(|key| Exposed(key.to_pem())),
        serial_number: certificate.facts.serial_number,
        certificate_id: certificate.id,
    };
    Ok((not_kept(), Json(answer)))
}

/// What is stored of it.
async fn kept(ctx: &Ctx, imported: &Import, project_id: ProjectId) -> Result<(Certificate, Bundle), Problem> {
    let id = CertificateId::random();
    let mut sealed_key = None;
    if let Some(key) = &imported.key {
        let sealed = ctx.sealer.seal_certificate_key(project_id, id, &key.to_pem()).await;
        let sealed = sealed.map_err(|error| Problem::bug("seal a private key", error))?;
        sealed_key = Some(sealed.as_str().to_owned());
    }
    let facts = imported.certificate.record();
    let facts = facts.map_err(|problem| Problem::bug("read the key of an imported certificate", problem))?;
    let certificate = Certificate {
        id,
        project_id,
        profile_id: None,
        application_id: None,
        certificate_authority_id: None,
        request_id: None,
        facts,
        arn: None,
        has_private_key: sealed_key.is_some(),
        removes_roots: imported.chain.root().is_none(),
        renewed_from: None,
        renewed_by: None,
        revocation: None,
        life: Life::default(),
        due_at: None,
    };
    let bundle = Bundle {
        certificate_id: id,
        project_id,
        certificate: imported.certificate.to_pem(),
        chain: imported.chain.certificates().iter().map(x509::Certificate::to_pem).collect(),
        issuer: imported.chain.issuer().map(x509::Certificate::to_pem),
        sealed_key,
    };
    Ok((certificate, bundle))
}
