//! What a connection can be used for, and how much a policy for it should allow.

/// One use of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Capability {
    /// Secrets kept in step with AWS Secrets Manager.
    SecretsManager,
    /// Secrets kept in step with SSM Parameter Store.
    ParameterStore,
    /// Access keys of IAM users rotated.
    KeyRotation,
    /// Certificates pushed into ACM.
    CertificateManager,
    /// Certificates pushed into ACM and onto load-balancer listeners.
    LoadBalancer,
    /// Certificates issued by AWS Private CA.
    PrivateCa,
    /// Publicly trusted certificates of ACM, validated through Route 53.
    PublicCa,
    /// Session recordings in S3.
    Recordings,
}

impl Capability {
    /// Every capability with the names it goes by: ours first, then the peer's name of the same thing.
    pub const NAMES: &[(&str, Self)] = &[
        ("secrets-manager", Self::SecretsManager),
        ("aws-secrets-manager", Self::SecretsManager),
        ("parameter-store", Self::ParameterStore),
        ("aws-parameter-store", Self::ParameterStore),
        ("key-rotation", Self::KeyRotation),
        ("aws-iam-user-secret", Self::KeyRotation),
        ("certificate-manager", Self::CertificateManager),
        ("aws-certificate-manager", Self::CertificateManager),
        ("load-balancer", Self::LoadBalancer),
        ("aws-elastic-load-balancer", Self::LoadBalancer),
        ("private-ca", Self::PrivateCa),
        ("aws-pca", Self::PrivateCa),
        ("public-ca", Self::PublicCa),
        ("aws-acm-public-ca", Self::PublicCa),
        ("recordings", Self::Recordings),
        ("aws-s3", Self::Recordings),
    ];

    /// Every capability once.
    pub const ALL: [Self; 8] = [
        Self::SecretsManager,
        Self::ParameterStore,
        Self::KeyRotation,
        Self::CertificateManager,
        Self::LoadBalancer,
        Self::PrivateCa,
        Self::PublicCa,
        Self::Recordings,
    ];

    /// Our name of it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SecretsManager => "secrets-manager",
            Self::ParameterStore => "parameter-store",
            Self::KeyRotation => "key-rotation",
            Self::CertificateManager => "certificate-manager",
            Self::LoadBalancer => "load-balancer",
            Self::PrivateCa => "private-ca",
            Self::PublicCa => "public-ca",
            Self::Recordings => "recordings",
        }
    }
}

/// How much a policy allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Level {
    /// The peer's documented actions, which every capability works with.
    #[default]
    Minimal,
    /// What makes more possible besides: restoring a deleted secret, seeing when a key was last used, ….
    Full,
}

impl Level {
    /// Each level with its name on the wire.
    pub const NAMES: &[(&str, Self)] = &[("minimal", Self::Minimal), ("full", Self::Full)];

    /// As the wire spells it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Minimal => "minimal",
            Self::Full => "full",
        }
    }
}
