"""Record ids as Salesforce makes them: a prefix for the object, a number in 62 digits, and three letters that check."""

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
SHORT = 15
CHECKS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
PREFIXES = {
    "Account": "001",
    "Organization": "00D", "User": "005", "Contact": "003", "Group": "00G", "QueueSobject": "03g", "GroupMember": "011",
    "Case": "500", "CaseHistory": "017", "EmailMessage": "02s", "CaseComment": "00a", "CaseStatus": "01J",
    "BusinessHours": "01m", "Holiday": "0C0", "RecordType": "012", "CaseMilestone": "555", "MilestoneType": "557",
    "SlaProcess": "552", "Profile": "00e", "PermissionSet": "0PS", "PermissionSetAssignment": "0Pa",
    "FieldPermissions": "01k", "ObjectPermissions": "110", "CustomField": "00N", "FieldDefinition": "0FD",
    "SurveyQuestionResponse": "0Kd", "SurveyResponse": "0Ke", "SurveySubject": "0Kf", "Job": "750",
    "VoiceCall": "0LQ", "Task": "00T", "AgentWork": "0Bz", "ServiceChannel": "0N9",
}  # fmt: skip


def made_id(subject: str, number: int) -> str:
    """Return the 18-character id of an object's record; ids of one object grow with their numbers."""
    digits = ""
    while number:
        number, digit = divmod(number, 62)
        digits = DIGITS[digit] + digits
    return checked(f"{PREFIXES[subject]}5g{digits:0>10}")


def checked(short: str) -> str:
    """Return an id with the three letters that tell which of its letters are capitals."""
    return short + "".join(_check(short[first : first + 5]) for first in (0, 5, 10))


def _check(five: str) -> str:
    return CHECKS[sum(1 << place for place, letter in enumerate(five) if "A" <= letter <= "Z")]


def short_id(long: str) -> str:
    """Return an id without its check, as some clients write it."""
    return long[:SHORT]
