"""The SDK imports each of its thousands of modules when first used: this uses ours before anybody waits for them."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

from kiota_abstractions.serialization import ParsableFactory
from msgraph.generated.base_graph_service_client import BaseGraphServiceClient
from msgraph.generated.identity_protection.risky_users.confirm_compromised import (
    confirm_compromised_post_request_body as compromised,
)
from msgraph.generated.identity_protection.risky_users.confirm_safe.confirm_safe_post_request_body import (
    ConfirmSafePostRequestBody,
)
from msgraph.generated.identity_protection.risky_users.dismiss.dismiss_post_request_body import DismissPostRequestBody
from msgraph.generated.models.authentication_context_class_reference_collection_response import (
    AuthenticationContextClassReferenceCollectionResponse,
)
from msgraph.generated.models.authentication_method_collection_response import AuthenticationMethodCollectionResponse
from msgraph.generated.models.authentication_method_configuration import AuthenticationMethodConfiguration
from msgraph.generated.models.conditional_access_policy_collection_response import (
    ConditionalAccessPolicyCollectionResponse,
)
from msgraph.generated.models.custom_security_attribute_value import CustomSecurityAttributeValue
from msgraph.generated.models.directory_object import DirectoryObject
from msgraph.generated.models.directory_object_collection_response import DirectoryObjectCollectionResponse
from msgraph.generated.models.fido2_authentication_method_collection_response import (
    Fido2AuthenticationMethodCollectionResponse,
)
from msgraph.generated.models.group import Group
from msgraph.generated.models.group_collection_response import GroupCollectionResponse
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.organization_collection_response import OrganizationCollectionResponse
from msgraph.generated.models.password_profile import PasswordProfile
from msgraph.generated.models.temporary_access_pass_authentication_method import TemporaryAccessPassAuthenticationMethod
from msgraph.generated.models.temporary_access_pass_authentication_method_collection_response import (
    TemporaryAccessPassAuthenticationMethodCollectionResponse,
)
from msgraph.generated.models.unified_role_assignment_collection_response import UnifiedRoleAssignmentCollectionResponse
from msgraph.generated.models.unified_role_eligibility_schedule_instance_collection_response import (
    UnifiedRoleEligibilityScheduleInstanceCollectionResponse,
)
from msgraph.generated.models.user import User
from msgraph.generated.models.user_collection_response import UserCollectionResponse
from msgraph.generated.models.user_scope_teams_app_installation import UserScopeTeamsAppInstallation
from msgraph.generated.users.item.check_member_groups.check_member_groups_post_request_body import (
    CheckMemberGroupsPostRequestBody,
)
from msgraph.generated.users.item.check_member_groups.check_member_groups_post_response import (
    CheckMemberGroupsPostResponse,
)
from msgraph.generated.users.item.revoke_sign_in_sessions.revoke_sign_in_sessions_post_response import (
    RevokeSignInSessionsPostResponse,
)

from bot.core.methods import MethodKind
from bot.core.notices import Letter
from bot.graph.mail import body
from bot.graph.methods import removable
from bot.graph.nodes import Node

_POLICY_TYPE: Final = "#microsoft.graph.temporaryAccessPassAuthenticationMethodConfiguration"

# What we read, each with the smallest answer that makes the SDK load all it needs for a real one.
ANSWERS: Final[tuple[tuple[ParsableFactory[Any], str], ...]] = (
    (User, '{"onPremisesExtensionAttributes":{},"manager":{"@odata.type":"#microsoft.graph.user"}}'),
    (DirectoryObject, '{"@odata.type":"#microsoft.graph.orgContact"}'),
    (UserCollectionResponse, '{"value":[{}]}'),
    (Group, "{}"),
    (
        DirectoryObjectCollectionResponse,
        '{"value":[{"@odata.type":"#microsoft.graph.user"},{"@odata.type":"#microsoft.graph.group"}]}',
    ),
    (UnifiedRoleAssignmentCollectionResponse, '{"value":[{}]}'),
    (UnifiedRoleEligibilityScheduleInstanceCollectionResponse, '{"value":[{}]}'),
    (GroupCollectionResponse, '{"value":[{}]}'),
    (CheckMemberGroupsPostResponse, '{"value":[]}'),
    (AuthenticationContextClassReferenceCollectionResponse, '{"value":[{}]}'),
    (
        ConditionalAccessPolicyCollectionResponse,
        (
            '{"value":[{"conditions":{"applications":{},"users":{"includeGuestsOrExternalUsers":{}},"locations":{},'
            '"platforms":{},"devices":{"deviceFilter":{}},"clientApplications":{},"authenticationFlows":{}},'
            '"grantControls":{"authenticationStrength":{}},"sessionControls":{"signInFrequency":{}}}]}'
        ),
    ),
    (
        AuthenticationMethodConfiguration,
        f'{{"@odata.type":"{_POLICY_TYPE}","includeTargets":[{{}}],"excludeTargets":[{{}}]}}',
    ),
    (TemporaryAccessPassAuthenticationMethodCollectionResponse, '{"value":[{}]}'),
    (TemporaryAccessPassAuthenticationMethod, "{}"),
    (RevokeSignInSessionsPostResponse, "{}"),
    (OrganizationCollectionResponse, '{"value":[{"verifiedDomains":[{}]}]}'),
    (Fido2AuthenticationMethodCollectionResponse, '{"value":[{}]}'),
    *(
        (
            AuthenticationMethodCollectionResponse,
            f'{{"value":[{{"@odata.type":"#microsoft.graph.{kind}AuthenticationMethod"}}]}}',
        )
        for kind in MethodKind
    ),
    (ODataError, '{"error":{"innerError":{}}}'),
)


def load(graph: BaseGraphServiceClient) -> None:
    """Build every request and read every sort of answer once. Sends nothing."""
    for model, answer in ANSWERS:
        Node.root(answer.encode()).get_object_value(model)
    user = graph.users.by_user_id("x")
    roles, access = graph.role_management.directory, graph.identity.conditional_access
    methods = graph.policies.authentication_methods_policy.authentication_method_configurations
    passes = user.authentication.temporary_access_pass_methods
    for gets in (
        *_of_groups(graph),
        user,
        user.manager,
        graph.users,
        user.transitive_member_of.graph_group,
        user.owned_objects.graph_group,
        roles.role_assignments,
        roles.role_eligibility_schedule_instances,
        access.authentication_context_class_references,
        access.policies,
        methods.by_authentication_method_configuration_id("x"),
        passes,
        user.authentication.methods,
        user.authentication.fido2_methods,
        graph.organization,
        *_of_risks(graph),
    ):
        gets.to_get_request_information()
    user.check_member_groups.to_post_request_information(CheckMemberGroupsPostRequestBody())
    user.revoke_sign_in_sessions.to_post_request_information()
    passes.to_post_request_information(TemporaryAccessPassAuthenticationMethod())
    _writes(graph)


def _of_groups(graph: BaseGraphServiceClient) -> tuple[Any, ...]:
    group = graph.groups.by_group_id("x")
    return group, group.transitive_members, group.owners


def _of_risks(graph: BaseGraphServiceClient) -> tuple[Any, ...]:
    protection = graph.identity_protection
    return protection.risk_detections, protection.risky_users.by_risky_user_id("x"), graph.audit_logs.directory_audits


def _writes(graph: BaseGraphServiceClient) -> None:
    user, risky = graph.users.by_user_id("x"), graph.identity_protection.risky_users
    for kind in MethodKind:
        item = removable(user.authentication, kind, "x")
        if item is not None:
            item.to_delete_request_information()
    user.teamwork.installed_apps.to_post_request_information(UserScopeTeamsAppInstallation())
    for name in ("teams_app", "teams_app_definition", "teams_app_permission_set"):  # what its answer is made of
        import_module(f"msgraph.generated.models.{name}")
    user.send_mail.to_post_request_information(body(Letter("x", "x", "x")))
    user.to_patch_request_information(User(password_profile=PasswordProfile()))
    user.to_patch_request_information(User(custom_security_attributes=CustomSecurityAttributeValue()))
    risky.dismiss.to_post_request_information(DismissPostRequestBody())
    risky.confirm_safe.to_post_request_information(ConfirmSafePostRequestBody())
    risky.confirm_compromised.to_post_request_information(compromised.ConfirmCompromisedPostRequestBody())
