"""The part of the seed that is about certificates: what moto plays, and what Drawbridge has of it. Runs before the rest of
the seed, whose `trust`, `allow` and account it uses.
"""

import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

# A domain that is nobody's: https://www.rfc-editor.org/rfc/rfc2606
ZONE = "demo.example.com"

# Exactly what the documentation asks a customer to allow, word for word.
PRIVATE_CA = [
    "acm-pca:DescribeCertificateAuthority", "acm-pca:GetCertificateAuthorityCertificate", "acm-pca:IssueCertificate",
    "acm-pca:GetCertificate", "acm-pca:RevokeCertificate",
]
PUBLIC_CA = [
    "acm:RequestCertificate", "acm:DescribeCertificate", "acm:ExportCertificate", "acm:RenewCertificate",
    "acm:RevokeCertificate", "acm:ListCertificates",
]
CERTIFICATE_MANAGER = [
    "acm:ListCertificates", "acm:DescribeCertificate", "acm:GetCertificate", "acm:ImportCertificate",
    "acm:ExportCertificate", "acm:DeleteCertificate", "acm:AddTagsToCertificate", "acm:RemoveTagsFromCertificate",
    "acm:ListTagsForCertificate",
]
LOAD_BALANCER = [
    "acm:ListCertificates", "acm:ImportCertificate", "acm:DeleteCertificate", "acm:DescribeCertificate",
    "acm:ListTagsForCertificate", "elasticloadbalancing:DescribeLoadBalancers",
    "elasticloadbalancing:DescribeListeners", "elasticloadbalancing:DescribeListenerCertificates",
    "elasticloadbalancing:AddListenerCertificates", "elasticloadbalancing:RemoveListenerCertificates",
    "elasticloadbalancing:ModifyListener",
]
HOSTED_ZONE = ["route53:GetHostedZone", "route53:ChangeResourceRecordSets"]


def certificates_from_customer_account(api, customer, platform, project_id, made):
    """The customer's private CA and its hosted zone as authorities, and what is asked of them.

    The stand-in's CA and zone are new with each run, and so is all of this.
    """
    zone, authority = made["hostedZoneId"], made["certificateAuthorityArn"]
    role = customer.role(
        "drawbridge-certificates",
        trust(f"arn:aws:iam::{platform}:root", project_id),
        allow(PRIVATE_CA, authority),
        allow(PUBLIC_CA),
        allow(HOSTED_ZONE, f"arn:aws:route53:::hostedzone/{zone}"),
    )
    run = zone[-6:].lower()
    manager, region = "/api/v1/cert-manager", customer.settings["region_name"]
    connection = api.post("/api/v1/app-connections/aws", {
        "name": f"demo-certificates-{run}", "method": "assume-role", "projectId": project_id,
        "credentials": {"roleArn": role},
    })["appConnection"]["id"]

    def make(path, name, **fields):
        return api.post(f"{manager}/{path}", {"projectId": project_id, name[0]: f"{name[1]}-{run}", **fields})

    private = make("ca/aws-pca", ("name", "demo-private"), status="active", configuration={
        "appConnectionId": connection, "certificateAuthorityArn": authority, "region": region,
    })["id"]
    public = make("ca/aws-acm-public-ca", ("name", "demo-public"), status="active", configuration={
        "appConnectionId": connection, "dnsAppConnectionId": connection, "hostedZoneId": zone, "region": region,
    })["id"]
    policy = make(
        "certificate-policies", ("name", "demo-servers"),
        subject=[{"type": "common_name", "allowed": ["*.example.com"]}],
        sans=[{"type": "dns_name", "allowed": ["*.example.com"]}],
        keyUsages={"allowed": ["digital_signature", "key_encipherment"]},
        extendedKeyUsages={"allowed": ["server_auth", "client_auth"]},
    )["certificatePolicy"]["id"]

    def profile(slug, ca, **defaults):
        return make(
            "certificate-profiles", ("slug", slug), caId=ca, certificatePolicyId=policy, issuerType="ca", defaults=defaults,
        )["certificateProfile"]["id"]

    usages = {"keyUsages": ["digital_signature"], "extendedKeyUsages": ["server_auth"]}
    profiles = {
        "privateProfileId": profile("demo-private", private, ttlDays=30, **usages),
        "publicProfileId": profile("demo-public", public, ttlDays=198),
    }
    application = make("applications", ("name", "demo"), profileIds=list(profiles.values()))["application"]["id"]
    return {
        "certificatesRoleArn": role,
        "certificatesConnectionId": connection,
        "privateCaId": private,
        "publicCaId": public,
        "certificatePolicyId": policy,
        "certificateApplicationId": application,
        **profiles,
        **certificate_syncs_to_customer_account(api, customer, platform, project_id, made, application),
    }


def certificate_syncs_to_customer_account(api, customer, platform, project_id, made, application):
    """A sync to ACM and one to a listener, each with a connection of its own; nothing is attached yet.

    The stand-in's load balancer is new with each run, and so is all of this.
    """
    run, region = made["loadBalancerArn"][-6:], customer.settings["region_name"]

    def sync(destination, name, actions, config):
        role = customer.role(
            f"drawbridge-certificates-{name}", trust(f"arn:aws:iam::{platform}:root", project_id), allow(actions),
        )
        connection = api.post("/api/v1/app-connections/aws", {
            "name": f"demo-certificates-{name}-{run}", "method": "assume-role", "projectId": project_id,
            "credentials": {"roleArn": role},
        })["appConnection"]["id"]
        return connection, api.post(f"/api/v1/cert-manager/syncs/{destination}", {
            "name": f"demo-{name}-{run}", "applicationId": application, "connectionId": connection,
            "syncOptions": {"canRemoveCertificates": True, "certificateNameSchema": "demo-{{shortCertificateId}}"},
            "destinationConfig": {"region": region, **config},
        })["id"]

    _, acm = sync("aws-certificate-manager", "acm", CERTIFICATE_MANAGER, {})
    connection, balancer = sync("aws-elastic-load-balancer", "listener", LOAD_BALANCER, {
        "loadBalancerArn": made["loadBalancerArn"],
        "listeners": [{"listenerArn": made["listenerArn"], "port": 443, "protocol": "HTTPS"}],
    })
    return {"acmSyncId": acm, "loadBalancerSyncId": balancer, "loadBalancerConnectionId": connection}


def private_ca(pca, name, parent=None):
    """A CA with its own certificate: the root's is its own, another's that of its parent.

    https://docs.aws.amazon.com/privateca/latest/userguide/PCACertInstall.html
    """
    kind, template = ("SUBORDINATE", "SubordinateCACertificate_PathLen0") if parent else ("ROOT", "RootCACertificate")
    authority = pca.create_certificate_authority(
        CertificateAuthorityType=kind,
        CertificateAuthorityConfiguration={
            "KeyAlgorithm": "EC_prime256v1", "SigningAlgorithm": "SHA256WITHECDSA", "Subject": {"CommonName": name},
        },
    )["CertificateAuthorityArn"]
    issuer = parent or authority
    csr = pca.get_certificate_authority_csr(CertificateAuthorityArn=authority)["Csr"]
    issued = pca.issue_certificate(
        CertificateAuthorityArn=issuer, Csr=csr.encode(), SigningAlgorithm="SHA256WITHECDSA",
        TemplateArn=f"arn:aws:acm-pca:::template/{template}/V1",
        Validity={"Type": "DAYS", "Value": 1825 if parent else 3650},
    )["CertificateArn"]
    certificate = pca.get_certificate(CertificateAuthorityArn=issuer, CertificateArn=issued)
    chain = {"CertificateChain": certificate["CertificateChain"].encode()} if parent else {}
    pca.import_certificate_authority_certificate(
        CertificateAuthorityArn=authority, Certificate=certificate["Certificate"].encode(), **chain,
    )
    return authority


def foreign_certificate(acm):
    """One that somebody else made and imported, by hand and years ago."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "www.example.com")])
    today = datetime.datetime.now(datetime.timezone.utc)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(today - datetime.timedelta(days=1))
        .not_valid_after(today + datetime.timedelta(days=365))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("www.example.com")]), False)
        .sign(key, hashes.SHA256())
    )
    plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return acm.import_certificate(
        Certificate=made.public_bytes(serialization.Encoding.PEM), PrivateKey=key.private_bytes(*plain),
        Tags=[{"Key": "owner", "Value": "somebody else"}],
    )["CertificateArn"]


def load_balancers(customer):
    """One for HTTP and one for TCP, with listeners that serve somebody else's certificate, and one that serves none."""
    foreign = foreign_certificate(customer.client("acm"))
    ec2, elb = customer.client("ec2"), customer.client("elbv2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=zone)["Subnet"]["SubnetId"]
        for n, zone in enumerate(("us-east-1a", "us-east-1b"))
    ]

    def balancer(name, kind, protocol):
        [made] = elb.create_load_balancer(Name=name, Subnets=subnets, Type=kind)["LoadBalancers"]
        [group] = elb.create_target_group(Name=name, Protocol=protocol, Port=80, VpcId=vpc)["TargetGroups"]
        return made["LoadBalancerArn"], group["TargetGroupArn"]

    def listener(of, port, protocol):
        balancer_arn, group = of
        certificates = {"Certificates": [{"CertificateArn": foreign}]} if protocol in ("HTTPS", "TLS") else {}
        return elb.create_listener(
            LoadBalancerArn=balancer_arn, Protocol=protocol, Port=port, **certificates,
            DefaultActions=[{"Type": "forward", "TargetGroupArn": group}],
        )["Listeners"][0]["ListenerArn"]

    application = balancer("drawbridge-demonstration", "application", "HTTP")
    network = balancer("drawbridge-demonstration-tcp", "network", "TCP")
    return {
        "foreignCertificateArn": foreign,
        "loadBalancerArn": application[0],
        "listenerArn": listener(application, 443, "HTTPS"),
        "httpListenerArn": listener(application, 80, "HTTP"),
        "networkLoadBalancerArn": network[0],
        "tlsListenerArn": listener(network, 443, "TLS"),
    }


def demonstration_in_moto(customer):
    """Private CAs, hosted zones and load balancers. moto keeps no state between runs."""
    pca, zones = customer.client("acm-pca"), customer.client("route53")
    root = private_ca(pca, "Drawbridge demonstration root")
    authority = private_ca(pca, "Drawbridge demonstration", root)

    def zone(name, **more):
        made = zones.create_hosted_zone(Name=name, CallerReference=f"{name} {len(more)}", **more)
        return made["HostedZone"]["Id"].removeprefix("/hostedzone/")

    vpc_of_zone = {"VPCRegion": customer.settings["region_name"], "VPCId": "vpc-0123456789abcdef0"}
    private = zone(ZONE, HostedZoneConfig={"PrivateZone": True}, VPC=vpc_of_zone)
    return {
        "rootCertificateAuthorityArn": root,
        "certificateAuthorityArn": authority,
        "hostedZoneId": zone(ZONE),
        "hostedZoneName": ZONE,
        "privateHostedZoneId": private,
        **load_balancers(customer),
    }
