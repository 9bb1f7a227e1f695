//! What IAM refuses and ministack lets through.

use super::Exchange;
use super::wire::Refusal;
use crate::root::Root;

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
const ACCESS_KEYS_PER_USER: usize = 2;

/// The quota of access keys.
pub(super) async fn before(exchange: &Exchange, root: &Root) -> Result<(), Refusal> {
    if exchange.call.action != "CreateAccessKey" {
        return Ok(());
    }
    let (Some(user), Some(caller)) = (exchange.form.get("UserName"), &exchange.principal) else {
        return Ok(());
    };
    let fields = [("Action", "ListAccessKeys"), ("UserName", user.as_str())];
    let keys = match root.of(&caller.account).query("iam", "2010-05-08", &fields).await {
        Ok(xml) => xml.matches("<AccessKeyId>").count(),
        // ministack says itself that the user is unknown.
        Err(_) => return Ok(()),
    };
    if keys < ACCESS_KEYS_PER_USER {
        return Ok(());
    }
    let message = format!("Cannot exceed quota for AccessKeysPerUser: {ACCESS_KEYS_PER_USER}");
    Err(Refusal::new(409, "LimitExceeded", message))
}
