"""The objects of the simulated org and their fields, as `describe` tells them and queries may use them."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Column:
    """A field: its type, what it refers to and under which name, and what may be done with it."""

    type: str
    label: str = ""
    refers_to: str | None = None
    relation: str | None = None
    filterable: bool = True
    updateable: bool = False
    length: int = 0
    scale: int = 0
    external_id: bool = False
    unique: bool = False
    help: str | None = None
    custom: bool = False
    choices: tuple[str, ...] = ()


@dataclass(slots=True)
class Table:
    """An object: its fields, its rows by id; `version` grows with every change of a row."""

    name: str
    columns: dict[str, Column]
    rows: dict[str, dict[str, object]] = field(default_factory=dict)
    version: int = 0


_ID = Column("id", "Id")
_STAMP = Column("datetime")
_YES = Column("boolean")
_WORD = Column("string", length=255)
_TEXT = Column("textarea", filterable=False, length=32_000)


def _to(subject: str, relation: str, *, updateable: bool = False) -> Column:
    return Column("reference", refers_to=subject, relation=relation, updateable=updateable)


def _written(column: Column, length: int = 0) -> Column:
    return Column(column.type, filterable=column.filterable, updateable=True, length=length or column.length,
                  choices=column.choices)  # fmt: skip


_MADE = {"CreatedDate": _STAMP, "CreatedById": _to("User", "CreatedBy")}
_KEPT = {**_MADE, "LastModifiedDate": _STAMP, "LastModifiedById": _to("User", "LastModifiedBy"),
         "SystemModstamp": _STAMP, "IsDeleted": _YES}  # fmt: skip
_WEEK = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

COLUMNS: dict[str, dict[str, Column]] = {
    "Case": {
        "Id": _ID, **_KEPT, "MasterRecordId": _to("Case", "MasterRecord"), "CaseNumber": _WORD,
        "ContactId": _to("Contact", "Contact", updateable=True), "ParentId": _to("Case", "Parent", updateable=True),
        "SuppliedEmail": Column("email", updateable=True), "RecordTypeId": _to("RecordType", "RecordType"),
        "Status": _written(Column("picklist"), 255), "Origin": _written(Column("picklist"), 255),
        "Priority": _written(Column("picklist", choices=("High", "Medium", "Low")), 255), "Subject": _written(_WORD),
        "Description": _written(_TEXT),
        "OwnerId": _to("User", "Owner", updateable=True), "IsClosed": _YES, "ClosedDate": _STAMP,
        "BusinessHoursId": _to("BusinessHours", "BusinessHours", updateable=True),
        "Type": _written(Column("picklist"), 255), "AccountId": _to("Account", "Account", updateable=True),
        "CSAT__c": Column("double", "CSAT", updateable=True, custom=True),
        "Loai_Khieu_Nai__c": Column("picklist", "Loại khiếu nại", updateable=True, custom=True, length=255),
        "Ma_Don_Hang__c": Column("string", "Mã đơn hàng", updateable=True, custom=True, length=80),
    },
    "CaseHistory": {
        "Id": _ID, "CaseId": _to("Case", "Case"), "Field": Column("picklist"), "DataType": Column("picklist"),
        "OldValue": Column("anyType", filterable=False), "NewValue": Column("anyType", filterable=False), **_MADE,
        "IsDeleted": _YES,
    },
    "EmailMessage": {
        "Id": _ID, "ParentId": _to("Case", "Parent"), "Incoming": _YES, "Status": Column("picklist"),
        "MessageDate": _STAMP, "FromAddress": Column("email"), "TextBody": _TEXT, **_KEPT,
    },
    "CaseComment": {
        "Id": _ID, "ParentId": _to("Case", "Parent"), "IsPublished": _YES, "CommentBody": _TEXT, **_KEPT,
    },
    "User": {
        "Id": _ID, "Username": _WORD, "Name": _WORD, "Email": Column("email"), "IsActive": _YES,
        "UserType": Column("picklist"), "TimeZoneSidKey": Column("picklist"), "LanguageLocaleKey": Column("picklist"),
        "UserRoleId": Column("reference"), "ManagerId": _to("User", "Manager"),
        "ProfileId": _to("Profile", "Profile"),
        "ContactId": _to("Contact", "Contact"), "SystemModstamp": _STAMP,
    },
    "Profile": {"Id": _ID, "Name": _WORD, "PermissionsModifyAllData": _YES},
    "Account": {"Id": _ID, "Name": _WORD},
    "Contact": {"Id": _ID, "Name": _WORD, "Email": Column("email"), "AccountId": _to("Account", "Account")},
    "Organization": {"Id": _ID, "DefaultCaseAccess": Column("picklist")},
    "Group": {"Id": _ID, "Name": _WORD, "Type": Column("picklist"), "RelatedId": Column("reference")},
    "QueueSobject": {"Id": _ID, "QueueId": _to("Group", "Queue"), "SobjectType": Column("picklist")},
    "GroupMember": {"Id": _ID, "GroupId": _to("Group", "Group"), "UserOrGroupId": Column("reference")},
    "CaseStatus": {
        "Id": _ID, "ApiName": _WORD, "MasterLabel": _WORD, "IsClosed": _YES, "IsDefault": _YES,
    },
    "BusinessHours": {
        "Id": _ID, "Name": _WORD, "IsActive": _YES, "IsDefault": _YES, "TimeZoneSidKey": Column("picklist"), **_MADE,
        **{f"{day}{end}Time": Column("time") for day in _WEEK for end in ("Start", "End")},
    },
    "Holiday": {
        "Id": _ID, "Name": _WORD, "ActivityDate": Column("date"), "IsAllDay": _YES, "IsRecurrence": _YES,
        "RecurrenceType": Column("picklist"), "RecurrenceInterval": Column("int"),
        "RecurrenceDayOfMonth": Column("int"), "RecurrenceDayOfWeekMask": Column("int"),
        "RecurrenceInstance": Column("picklist"), "RecurrenceMonthOfYear": Column("picklist"),
        "RecurrenceStartDate": Column("date"), "RecurrenceEndDateOnly": Column("date"),
    },
    "RecordType": {"Id": _ID, "Name": _WORD},
    "SlaProcess": {"Id": _ID, "Name": _WORD, "IsActive": _YES},
    "MilestoneType": {"Id": _ID, "Name": _WORD},
    "CaseMilestone": {
        "Id": _ID, "CaseId": _to("Case", "Case"), "MilestoneTypeId": _to("MilestoneType", "MilestoneType"),
        "StartDate": _STAMP, "TargetDate": _STAMP, "CompletionDate": _STAMP, "IsCompleted": _YES, "IsViolated": _YES,
        "TargetResponseInMins": Column("int"), "TimeRemainingInMins": _WORD,
        "BusinessHoursId": _to("BusinessHours", "BusinessHours"), **_KEPT,
    },
    "SurveyResponse": {"Id": _ID, "InvitationId": Column("reference"), "CompletionDateTime": _STAMP},
    "SurveyQuestionResponse": {
        "Id": _ID, "ResponseId": _to("SurveyResponse", "Response"), "QuestionId": Column("reference"),
        "NumberValue": Column("double"), "ChoiceValue": _WORD, "ResponseValue": _WORD, **_KEPT,
    },
    "SurveySubject": {"Id": _ID, "ParentId": Column("reference"), "SubjectId": Column("reference")},
    "VoiceCall": {
        "Id": _ID, "CallType": Column("picklist"), "CallDisposition": _WORD, "CallOrigin": Column("picklist"),
        "CallStartDateTime": _STAMP, "CallQueuedDateTime": _STAMP, "CallAcceptDateTime": _STAMP,
        "CallConnectDateTime": _STAMP, "CallEndDateTime": _STAMP, "CallDurationInSeconds": Column("int"),
        "CustomerHoldDuration": Column("int"), "PreviousCallId": _to("VoiceCall", "PreviousCall"),
        "RelatedRecordId": Column("reference"), "UserId": _to("User", "User"), "OwnerId": Column("reference"),
        "FromPhoneNumber": Column("phone"), **_KEPT,
    },
    "Task": {
        "Id": _ID, "OwnerId": _to("User", "Owner"), "WhatId": Column("reference"), "WhoId": Column("reference"),
        "TaskSubtype": Column("picklist"), "CallType": Column("picklist"), "CallDisposition": _WORD,
        "CallDurationInSeconds": Column("int"), "CompletedDateTime": _STAMP, "IsClosed": _YES, "Subject": _WORD,
        **_KEPT,
    },
    "ServiceChannel": {"Id": _ID, "DeveloperName": _WORD},
    "AgentWork": {
        "Id": _ID, "UserId": _to("User", "User"), "BotId": Column("reference"), "WorkItemId": Column("reference"),
        "ServiceChannelId": _to("ServiceChannel", "ServiceChannel"), "Status": Column("picklist"),
        "AssignedDateTime": _STAMP, "DeclineDateTime": _STAMP, "PushTimeoutDateTime": _STAMP, "CloseDateTime": _STAMP,
        "HandleTime": Column("int"), "ActiveTime": Column("int"), **_KEPT,
    },
    "PermissionSet": {"Id": _ID, "Name": _WORD, "Label": _WORD, "PermissionsManageUsers": _YES},
    "PermissionSetAssignment": {
        "Id": _ID, "AssigneeId": _to("User", "Assignee"), "PermissionSetId": _to("PermissionSet", "PermissionSet"),
    },
    "FieldPermissions": {
        "Id": _ID, "ParentId": _to("PermissionSet", "Parent"), "SobjectType": Column("picklist"), "Field": _WORD,
        "PermissionsRead": _YES, "PermissionsEdit": _YES,
    },
    "ObjectPermissions": {
        "Id": _ID, "ParentId": _to("PermissionSet", "Parent"), "SobjectType": Column("picklist"),
        "PermissionsViewAllRecords": _YES,
    },
    "EntityDefinition": {"Id": _ID, "QualifiedApiName": _WORD},
    "FieldDefinition": {
        "Id": _ID, "QualifiedApiName": _WORD, "IsFieldHistoryTracked": _YES,
        "EntityDefinitionId": _to("EntityDefinition", "EntityDefinition"),
    },
    "CustomField": {"Id": _ID, "DeveloperName": _WORD, "TableEnumOrId": _WORD},
}  # fmt: skip

TOOLING = frozenset({"CustomField"})
"""The objects that only the tooling address knows."""
MADE_BY_CLIENTS = frozenset({"PermissionSet", "PermissionSetAssignment", "FieldPermissions", "CaseComment"})


def tables() -> dict[str, Table]:
    """Return empty tables."""
    return {name: Table(name, dict(columns)) for name, columns in COLUMNS.items()}
