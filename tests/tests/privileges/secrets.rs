//! Secret syncs to both destinations, and what each action is for.

use anyhow::Result;
use tests::system::System;

use super::life::{Capability, Level};
use super::syncs::{
    ADOPT, CHANGE, DELETE, DOCUMENT, IMPORT, LOOK, MOVE, REMOVE, RESTORE, REWRITE, SPELL, Service, Syncs,
    TAG, UNTAG, WRITE,
};
use super::trial::Without;

/// A folder kept in step with Secrets Manager.
pub(super) struct SecretsManager;

impl Capability for SecretsManager {
    const NAME: &'static str = "secrets-manager";
    const DEEDS: &'static [&'static str] =
        &[WRITE, CHANGE, TAG, UNTAG, LOOK, DELETE, ADOPT, IMPORT, DOCUMENT, REWRITE, REMOVE];
    const FULL_DEEDS: &'static [&'static str] =
        &[WRITE, CHANGE, TAG, UNTAG, LOOK, DELETE, RESTORE, ADOPT, IMPORT, DOCUMENT, REWRITE, REMOVE];
    // Each key is carried by itself: what has become of the others when one is refused is as it should be.
    const STEPWISE: &'static [&'static str] = &[DELETE];
    type Life = Syncs;

    async fn begin(system: &'static System, level: Level) -> Result<Syncs> {
        Syncs::begin(system, level, Service::Manager, Self::NAME, false).await
    }
}

impl SecretsManager {
    /// What each action is for.
    pub(super) const WITHOUT: &'static [Without] = &[
        Without::action(
            "secretsmanager:ListSecrets",
            &[WRITE, CHANGE, TAG, UNTAG, LOOK, DELETE, ADOPT, IMPORT, REMOVE],
        ),
        Without::action(
            "secretsmanager:GetSecretValue",
            &[CHANGE, TAG, UNTAG, DELETE, ADOPT, IMPORT, REWRITE],
        )
        .telling(&[LOOK]),
        Without::action(
            "secretsmanager:BatchGetSecretValue",
            &[WRITE, CHANGE, TAG, UNTAG, LOOK, DELETE, ADOPT, IMPORT],
        ),
        Without::action("secretsmanager:CreateSecret", &[WRITE, DOCUMENT]).short(),
        Without::action("secretsmanager:UpdateSecret", &[CHANGE, ADOPT, REWRITE]),
        Without::action("secretsmanager:DeleteSecret", &[DELETE, REMOVE]),
        Without::action("secretsmanager:DescribeSecret", &[DELETE, ADOPT, DOCUMENT, REWRITE, REMOVE])
            .telling(&[IMPORT]),
        Without::action("secretsmanager:TagResource", &[WRITE, TAG, ADOPT, DOCUMENT]),
        Without::action("secretsmanager:UntagResource", &[UNTAG]),
        Without::action("secretsmanager:RestoreSecret", &[RESTORE]).full(),
        Without::resource(
            "SyncSecrets",
            ":secret:p/*",
            &[WRITE, CHANGE, TAG, UNTAG, DELETE, ADOPT, IMPORT, REMOVE],
        ),
        Without::resource("SyncSecrets", ":secret:all", &[DOCUMENT]),
        Without::resource("SyncSecrets", ":secret:all-??????", &[DOCUMENT, REWRITE]),
    ];
}

/// A folder kept in step with Parameter Store.
pub(super) struct ParameterStore;

impl Capability for ParameterStore {
    const NAME: &'static str = "parameter-store";
    const DEEDS: &'static [&'static str] =
        &[WRITE, CHANGE, TAG, UNTAG, LOOK, DELETE, ADOPT, IMPORT, MOVE, REMOVE];
    const STEPWISE: &'static [&'static str] = &[DELETE, MOVE];
    type Life = Syncs;

    async fn begin(system: &'static System, level: Level) -> Result<Syncs> {
        Syncs::begin(system, level, Service::Store, Self::NAME, false).await
    }
}

impl ParameterStore {
    /// What each action is for.
    pub(super) const WITHOUT: &'static [Without] = &[
        Without::action("ssm:PutParameter", &[WRITE, CHANGE, ADOPT, MOVE]).short(),
        Without::action("ssm:GetParameters", &[MOVE]),
        Without::action(
            "ssm:GetParametersByPath",
            &[WRITE, CHANGE, TAG, UNTAG, LOOK, DELETE, ADOPT, IMPORT, MOVE, REMOVE],
        ),
        // What it would find faster is found by name; told in the log.
        Without::action("ssm:DescribeParameters", &[]),
        Without::action("ssm:DeleteParameters", &[DELETE, MOVE, REMOVE]),
        Without::action("ssm:ListTagsForResource", &[CHANGE, TAG, UNTAG, DELETE, ADOPT, MOVE, REMOVE])
            .telling(&[IMPORT]),
        Without::action("ssm:AddTagsToResource", &[WRITE, TAG, ADOPT, MOVE]),
        Without::action("ssm:RemoveTagsFromResource", &[UNTAG]),
        Without::resource(
            "SyncParameters",
            ":parameter/p/api",
            &[WRITE, CHANGE, TAG, UNTAG, LOOK, DELETE, REMOVE],
        ),
        Without::resource(
            "SyncParameters",
            ":parameter/p/api/*",
            &[WRITE, CHANGE, TAG, UNTAG, DELETE, REMOVE],
        ),
    ];
}

/// Secrets under a KMS key of the customer's own. The documented actions do not suffice for it at AWS: what the full level
/// has besides, kms:GenerateDataKey, is needed.
pub(super) struct SecretsManagerKey;

impl Capability for SecretsManagerKey {
    const NAME: &'static str = "secrets-manager-key";
    const DEEDS: &'static [&'static str] = &[WRITE, CHANGE, LOOK, SPELL, ADOPT, IMPORT, DELETE, REMOVE];
    const STEPWISE: &'static [&'static str] = &[DELETE];
    type Life = Syncs;

    async fn begin(system: &'static System, level: Level) -> Result<Syncs> {
        Syncs::begin(system, level, Service::Manager, Self::NAME, true).await
    }
}

impl SecretsManagerKey {
    /// What each action is for.
    pub(super) const WITHOUT: &'static [Without] = &[
        Without::action("kms:GenerateDataKey", &[WRITE, CHANGE, SPELL, ADOPT]).full(),
        Without::action("kms:Encrypt", &[CHANGE, SPELL, ADOPT]).full(),
        Without::action("kms:Decrypt", &[WRITE, CHANGE, SPELL, ADOPT, DELETE]).telling(&[LOOK]).full(),
        Without::action("kms:DescribeKey", &[]).telling(&[SPELL]).full(),
        Without::action("kms:ListAliases", &[]).full(),
    ];
}

/// Parameters under a KMS key of the customer's own.
pub(super) struct ParameterStoreKey;

impl Capability for ParameterStoreKey {
    const NAME: &'static str = "parameter-store-key";
    const DEEDS: &'static [&'static str] = &[WRITE, CHANGE, LOOK, SPELL, ADOPT, IMPORT, DELETE, REMOVE];
    const STEPWISE: &'static [&'static str] = &[DELETE];
    type Life = Syncs;

    async fn begin(system: &'static System, level: Level) -> Result<Syncs> {
        Syncs::begin(system, level, Service::Store, Self::NAME, true).await
    }
}

impl ParameterStoreKey {
    /// What each action is for.
    pub(super) const WITHOUT: &'static [Without] = &[
        Without::action("kms:Encrypt", &[WRITE, CHANGE, SPELL, ADOPT]),
        Without::action("kms:Decrypt", &[CHANGE, LOOK, SPELL, DELETE, REMOVE]),
        Without::action("kms:DescribeKey", &[]).telling(&[SPELL]),
        Without::action("kms:ListAliases", &[]),
        // Told in the log, as the run does all the same: `destination`'s `permissions`.
        Without::action("ssm:DescribeParameters", &[]),
    ];
}
