//! What Infisical's documentation asks for: each set must suffice.

/// For a sync with ACM.
pub const CERTIFICATE_MANAGER: [&str; 9] = [
    "acm:ListCertificates",
    "acm:DescribeCertificate",
    "acm:GetCertificate",
    "acm:ImportCertificate",
    "acm:ExportCertificate",
    "acm:DeleteCertificate",
    "acm:AddTagsToCertificate",
    "acm:RemoveTagsFromCertificate",
    "acm:ListTagsForCertificate",
];
/// For a sync with a load balancer.
pub const LOAD_BALANCER: [&str; 11] = [
    "acm:ListCertificates",
    "acm:ImportCertificate",
    "acm:DeleteCertificate",
    "acm:DescribeCertificate",
    "acm:ListTagsForCertificate",
    "elasticloadbalancing:DescribeLoadBalancers",
    "elasticloadbalancing:DescribeListeners",
    "elasticloadbalancing:DescribeListenerCertificates",
    "elasticloadbalancing:AddListenerCertificates",
    "elasticloadbalancing:RemoveListenerCertificates",
    "elasticloadbalancing:ModifyListener",
];
