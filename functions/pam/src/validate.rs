//! Validation in AWS: does the resource's role insist on its External ID, and does the whole way open?

use ::access::protection::{ExternalIdPolicy, OPENS_OTHERWISE, apart_in_words, open_in_words};
use ::access::{ConsoleChain, Outcome, Stay};
use model::Timestamp;
use model::arn::RoleArn;
use model::pam::{PamResource, SessionDuration};
use model::policy::SessionPolicy;
use serde_json::json;
use web::Problem;

use crate::Ctx;
use crate::error::{from_aws, from_chain};

/// The beginning of every message about a role that did not pass.
const ATTEMPT: &str = "Unable to validate the AWS resource role";

/// What CloudTrail of the customer's account shows for a validation.
const VALIDATION: &str = "drawbridge-pam-validation";

/// Proves that a resource's role opens with the project's id as External ID, and with nothing less. Three AssumeRole calls,
/// side by side. Answers what the caller should know all the same.
pub(crate) async fn resource(ctx: &Ctx, candidate: &PamResource) -> Result<Vec<String>, Problem> {
    match ctx.access.probe_resource(candidate).await {
        Outcome::Protected(_) => Ok(Vec::new()),
        Outcome::Open { without, random, .. } => {
            let finding = open_in_words(without, random, "this project's id");
            match ctx.external_id_policy {
                ExternalIdPolicy::Warn => Ok(vec![finding]),
                ExternalIdPolicy::Enforce => {
                    let problem = Problem::bad_request(format!("{ATTEMPT}: {finding}"));
                    Err(with_trust_policy(ctx, candidate, problem))
                }
            }
        }
        Outcome::CannotBeAssumed { error, opens_otherwise } => {
            let mut message = format!("{ATTEMPT}: {error}. {}", trust_in_words(ctx, candidate));
            if opens_otherwise {
                message.push_str(OPENS_OTHERWISE);
            }
            Err(with_trust_policy(ctx, candidate, Problem::bad_request(message)))
        }
        Outcome::Inconclusive(error) => Err(from_aws(ATTEMPT, error)),
    }
}

/// Proves that the whole way opens for as long as sessions shall last. One or two AssumeRole calls, one after the other;
/// the session that they make can do nothing.
pub(crate) async fn chain(
    ctx: &Ctx,
    resource: &PamResource,
    target_role: &RoleArn,
    duration: SessionDuration,
    now: Timestamp,
) -> Result<(), Problem> {
    if target_role.partition() != resource.role_arn.partition() {
        return Err(Problem::bad_request(format!(
            "The target role is in the partition {}, its resource's role in {}: AWS lets no role be assumed across",
            target_role.partition(),
            resource.role_arn.partition()
        )));
    }
    let chain = ConsoleChain::of(resource, target_role.clone());
    let policy = SessionPolicy::validation();
    let stay = Stay { name: VALIDATION, duration: duration.span(), policy: Some(&policy) };
    match ctx.access.enter(&chain, stay, now).await {
        Ok(_) => Ok(()),
        Err(error) => Err(from_chain(&chain, error)),
    }
}

/// What the trust policy must say, without the External ID itself: this goes to the log too.
fn trust_in_words(ctx: &Ctx, resource: &PamResource) -> String {
    let mut words = format!(
        "Check the role's ARN, and that its trust policy allows sts:AssumeRole to account {} with this project's id as \
         External ID",
        ctx.trusted.account
    );
    words.push_str(&apart_in_words(&resource.role_arn, &ctx.trusted));
    words
}

/// The corrected trust policy, in the details for programs and after the message for people; not in the log.
fn with_trust_policy(ctx: &Ctx, resource: &PamResource, problem: Problem) -> Problem {
    let policy = ctx.trusted.policy(&resource.external_id());
    problem
        .with_appendix(format!("(the trust policy that it needs: {})", policy.to_json()))
        .with_details(json!({ "trustPolicy": policy }))
}
