"""An emulated Cognito user pool, whose people sign in with a password."""

import uuid

PASSWORD = "Correct-horse-7-battery"


class Pool:
    def __init__(self, client, emulator_url: str, region: str, group: str):
        """`client` is boto3's, of `cognito-idp`."""
        self.client = client
        self.group = group
        self.id = client.create_user_pool(PoolName="notes")["UserPool"]["Id"]
        app = client.create_user_pool_client(
            UserPoolId=self.id, ClientName="notes", ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"]
        )
        self.client_id = app["UserPoolClient"]["ClientId"]
        for name in ("a-readers", group):
            client.create_group(UserPoolId=self.id, GroupName=name)
        self.url = f"https://cognito-idp.{region}.amazonaws.com/{self.id}"
        self.jwks_uri = f"{emulator_url}/{self.id}/.well-known/jwks.json"

    def person(self, groups: list[str] = ()) -> str:
        """A new person; their name."""
        name = f"person-{uuid.uuid4().hex}"
        self.client.admin_create_user(UserPoolId=self.id, Username=name, MessageAction="SUPPRESS")
        self.client.admin_set_user_password(UserPoolId=self.id, Username=name, Password=PASSWORD, Permanent=True)
        for group in groups:
            self.join(name, group)
        return name

    def join(self, name: str, group: str) -> None:
        self.client.admin_add_user_to_group(UserPoolId=self.id, Username=name, GroupName=group)

    def token(self, name: str) -> str:
        """An ID token of somebody who has just signed in."""
        answer = self.client.initiate_auth(
            ClientId=self.client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": name, "PASSWORD": PASSWORD},
        )
        return answer["AuthenticationResult"]["IdToken"]
