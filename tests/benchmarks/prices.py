"""What AWS charges, in US dollars, us-east-1, without any free tier. Change them here.

AWS's price pages draw their tables by script, so that none of them could be read by a program; each price but STS's is therefore
compared with what others copied from those pages, and the newest date of such a copy stands beside it. Look at the page itself before
you budget by one.
"""

# https://aws.amazon.com/lambda/pricing/: arm64, first 7.5 billion GB-seconds a month. Copies of 2024 and May 2026 agree.
LAMBDA_GB_SECOND = 0.0000133334
# The same page: $0.20 for a million. The same copies.
LAMBDA_REQUEST = 0.20 / 1e6
# https://aws.amazon.com/api-gateway/pricing/: HTTP API, first 300 million a month, in steps of 512 KB. Copies of May 2025 and 2026 agree.
HTTP_API_REQUEST = 1.00 / 1e6
# https://aws.amazon.com/dynamodb/pricing/on-demand/: since November 2024, when both were halved. A copy of July 2025. A unit reads up to
# 4 KB strongly consistently, or writes up to 1 KB; in a transaction an item takes two.
DYNAMODB_READ_UNIT = 0.125 / 1e6
DYNAMODB_WRITE_UNIT = 0.625 / 1e6
# https://aws.amazon.com/kms/pricing/: symmetric requests. Copies of March and June 2026 agree.
KMS_REQUEST = 0.03 / 1e4
# The same page: signatures by keys on elliptic curves. Of two copies of 2026 one says five times the symmetric price, which is this one, and
# one says the symmetric price: the dearer one is taken.
KMS_SIGNATURE = 0.15 / 1e4
# https://aws.amazon.com/sqs/pricing/: FIFO, each up to 64 KB. Copies of March and June 2026 agree.
SQS_REQUEST = 0.50 / 1e6
# STS costs nothing, says AWS itself: https://docs.aws.amazon.com/IAM/latest/UserGuide/introduction.html, "Service cost information".
