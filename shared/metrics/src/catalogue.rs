//! Every metric that the code writes, and by what it is told apart.

/// What is counted or measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    /// How long a request took.
    Latency,
    /// Requests answered with a status from 400 to 499.
    Refusals,
    /// Requests answered with a status of 500 or more.
    ServerErrors,
    /// Processes that were started.
    ColdStarts,
    /// Things that a worker found due in a tick.
    Due,
    /// Those of them that it brought forward or handed on to its queue.
    Advanced,
    /// Those that it could not.
    TickFailures,
    /// For how long the one that waits longest has been due.
    Lag,
    /// How long a tick took.
    TickDuration,
    /// How long a worker looked at one thing.
    WorkDuration,
    /// Messages that went back to the queue.
    WorkFailures,
    /// How often somebody got what a capability is there for.
    Done,
    /// How often that came to nothing.
    Failures,
    /// Certificates that are about to end, and nothing takes their place.
    Ending,
}

impl Metric {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Latency,
        Self::Refusals,
        Self::ServerErrors,
        Self::ColdStarts,
        Self::Due,
        Self::Advanced,
        Self::TickFailures,
        Self::Lag,
        Self::TickDuration,
        Self::WorkDuration,
        Self::WorkFailures,
        Self::Done,
        Self::Failures,
        Self::Ending,
    ];

    /// Its name in CloudWatch.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Latency => "Latency",
            Self::Refusals => "Refusals",
            Self::ServerErrors => "ServerErrors",
            Self::ColdStarts => "ColdStarts",
            Self::Due => "Due",
            Self::Advanced => "Advanced",
            Self::TickFailures => "TickFailures",
            Self::Lag => "Lag",
            Self::TickDuration => "TickDuration",
            Self::WorkDuration => "WorkDuration",
            Self::WorkFailures => "WorkFailures",
            Self::Done => "Done",
            Self::Failures => "Failures",
            Self::Ending => "Ending",
        }
    }

    /// Its unit in CloudWatch.
    /// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html>
    #[must_use]
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Latency | Self::TickDuration | Self::WorkDuration => "Milliseconds",
            Self::Lag => "Seconds",
            Self::Refusals
            | Self::ServerErrors
            | Self::ColdStarts
            | Self::Due
            | Self::Advanced
            | Self::TickFailures
            | Self::WorkFailures
            | Self::Done
            | Self::Failures
            | Self::Ending => "Count",
        }
    }

    /// The name of its one dimension.
    #[must_use]
    pub const fn dimension(self) -> &'static str {
        match self {
            Self::Done | Self::Failures | Self::Ending => Dimension::CAPABILITY,
            Self::Latency
            | Self::Refusals
            | Self::ServerErrors
            | Self::ColdStarts
            | Self::Due
            | Self::Advanced
            | Self::TickFailures
            | Self::Lag
            | Self::TickDuration
            | Self::WorkDuration
            | Self::WorkFailures => Dimension::FUNCTION,
        }
    }
}

/// What something is a failure or a success of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Capability {
    /// Answers of the API. A failure is a status of 500: a mistake of ours.
    Api,
    /// Who is calling. A failure is that it could not be found out, whoever it was.
    Authorization,
    /// Console access. A failure is a Deny that stays on its role.
    ConsoleAccess,
    /// Runs of secret syncs.
    SecretSync,
    /// Rotations of access keys.
    KeyRotation,
    /// Certificates, issued and renewed.
    Certificate,
    /// Runs of certificate syncs.
    CertificateSync,
    /// Session recordings that were begun.
    Recording,
}

impl Capability {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Api,
        Self::Authorization,
        Self::ConsoleAccess,
        Self::SecretSync,
        Self::KeyRotation,
        Self::Certificate,
        Self::CertificateSync,
        Self::Recording,
    ];

    /// The dimension's value in CloudWatch.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Authorization => "authorization",
            Self::ConsoleAccess => "console-access",
            Self::SecretSync => "secret-sync",
            Self::KeyRotation => "key-rotation",
            Self::Certificate => "certificate",
            Self::CertificateSync => "certificate-sync",
            Self::Recording => "recording",
        }
    }
}

/// By what the values of a metric are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dimension {
    /// The function that writes the line, by the name that Lambda knows it by: the dimension of Lambda's own metrics.
    Function,
    /// What it is about, whichever function it happens in.
    Capability(Capability),
}

impl Dimension {
    /// The name of [`Dimension::Function`] in CloudWatch.
    pub const FUNCTION: &'static str = "FunctionName";

    /// The name of [`Dimension::Capability`] in CloudWatch.
    pub const CAPABILITY: &'static str = "Capability";
}
