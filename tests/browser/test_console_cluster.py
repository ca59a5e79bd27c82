"""The console about a real cluster in a real browser: the walkthrough, and what a user may not do."""

from __future__ import annotations

import base64
import re

import pytest
from selenium.webdriver.common.by import By

import manifests
from clicked_console import HOST
from cluster.kubectl import service_account_kubeconfig
from installation import installed, signed

PATH = "/v1/json"
SAVE = """
    const [path, done] = arguments;
    fetch(path).then(it => it.text()).then(async text => {
        const form = new DOMParser().parseFromString(text, 'text/html').querySelector('form');
        const body = new URLSearchParams(new FormData(form));
        body.set('action', 'save');
        done((await fetch(path, {method: 'POST', body})).status);
    });
"""


@pytest.fixture(scope="module")
def tenant(crds, kubectl, tmp_path_factory):
    """An operator and a gateway with their own accounts, and an empty namespace."""
    with installed(kubectl, tmp_path_factory.mktemp("installation"), "tenant") as (installation, [namespace]):
        yield installation, namespace


@pytest.fixture(scope="module")
def writing(console_of, tenant, kubectl, tmp_path_factory):
    """A console that writes, as administrator."""
    options = ("--cluster", "--write", f"--kubeconfig={kubectl.kubeconfig}", "-n", tenant[1])
    with console_of(tmp_path_factory.mktemp("nothing"), *options) as console:
        yield console


@pytest.fixture(scope="module")
def protected(writing, tenant, kubectl, httpbin):
    """The objects of the walkthrough, written by forms into the cluster, and served."""
    installation, namespace = tenant
    writing.write_walkthrough(namespace, httpbin)
    kubectl("wait", "--for=condition=Ready", "--timeout=60s", f"-n{namespace}", "--all", "prt,pjwt", check=True)
    installation.until_status(401, HOST, PATH)
    return writing


def credential(tenant):
    return f"/jwtcredentials/{tenant[1]}/oiloil"


def token_of(console, tenant):
    """A token from the dialog."""
    console.open(credential(tenant))
    console.click("Generate JSON Web Token")
    console.fill(claim_name="user", claim_value="oiloil")
    console.click("Generate")
    console.until(lambda: console.find("dialog #made-token").is_displayed())
    return console.find("#made-token").get_property("value")


def test_the_walkthrough_is_clicked_in_a_cluster(protected, tenant):
    """No token is 401, the token of the dialog 200, a wrong one 401; its secret is the operator's."""
    installation, _ = tenant
    token = token_of(protected, tenant)
    installation.until_status(200, HOST, PATH, token)
    assert 401 == installation.get(HOST, PATH, "a.b.c").status
    protected.open("/decode")
    protected.fill(token=token, url=f"http://{HOST}{PATH}")
    protected.click("Decode and explain")
    protected.until(lambda: "The caller is the consumer oiloil." in protected.text())


def test_an_object_is_edited_in_a_cluster(protected, tenant, kubectl):
    """The difference is seen first, and what the console has applied it changes without a question."""
    protected.open(f"/consumers/{tenant[1]}/oiloil/edit")
    protected.fill(groups="readers")
    protected.save()
    assert ["readers"] == kubectl.get("consumers.postern.dev", "oiloil", tenant[1])["spec"]["groups"]


def test_a_field_of_another_client_is_shown_with_its_owner(protected, tenant, kubectl):
    """It is taken over by a button of its own, and then saved."""
    namespace = tenant[1]
    kubectl.apply(manifests.consumer("theirs", namespace, groups=["a"], customID="x"))
    protected.open("/")
    protected.until(lambda: "theirs" in (protected.open("/consumers?q=theirs"), protected.text())[1])
    protected.open(f"/consumers/{namespace}/theirs/edit")
    protected.fill(customID="mine")
    protected.click("Look at the change")
    protected.until(lambda: "Other clients own fields of it" in protected.text())
    assert ("spec.customID tests" in protected.text(), "Save" in protected.text()) == (True, False)
    protected.click("Take the fields over")
    protected.until(lambda: "taken over from the clients" in protected.text())
    protected.click("Save")
    protected.until(lambda: "YAML" in protected.text())
    assert "mine" == kubectl.get("consumers.postern.dev", "theirs", namespace)["spec"]["customID"]


def test_an_object_that_was_changed_meanwhile_is_looked_at_again(protected, tenant, kubectl):
    """What another has written shows in the next difference, and is not lost."""
    namespace = tenant[1]
    protected.open(f"/consumers/{namespace}/oiloil/edit")
    patch = '{"spec":{"customID":"theirs"}}'
    kubectl(
        "patch", "consumers.postern.dev", "oiloil", f"-n{namespace}", "--type=merge", f"--patch={patch}", check=True
    )
    protected.fill(groups="writers")
    protected.click("Look at the change")
    protected.until(lambda: "has changed since this form was opened" in protected.text())
    protected.click("Look at the change")
    protected.until(lambda: "-  customID: theirs" in protected.text())
    assert "theirs" == kubectl.get("consumers.postern.dev", "oiloil", namespace)["spec"]["customID"]


def test_an_object_of_a_helm_release_is_read_only(protected, tenant, kubectl):
    """The page names the release, and the address of the form is refused."""
    manifest = manifests.consumer("released", tenant[1])
    manifest["metadata"]["annotations"] = {"meta.helm.sh/release-name": "shop"}
    kubectl.apply(manifest)
    path = f"/consumers/{tenant[1]}/released"
    protected.until(lambda: "released" in (protected.open("/consumers?q=released"), protected.text())[1])
    protected.open(path)
    assert "It can't be edited from here: Helm (release shop) keeps it" in protected.text()
    protected.open(f"{path}/edit")
    assert "Helm (release shop) keeps it" in protected.text()


def test_a_secret_that_is_made_in_the_form_is_one_of_the_cluster(protected, tenant, kubectl):
    """It is marked as one for keys, and the credential that names it is ready; no page has it any more."""
    installation, namespace = tenant
    protected.open("/jwtcredentials/new")
    protected.fill(name="typed", namespace=namespace, consumerRef__name="oiloil", key="typed_key")
    protected.click("Random")
    made = protected.find("#secret").get_property("value")
    protected.click("Look at the change")
    protected.until(lambda: f"The secret is written into Secret {namespace}/typed." in protected.text())
    assert made not in protected.chromium.page_source
    protected.click("Save")
    protected.until(lambda: "YAML" in protected.text())
    secret = kubectl.get("secret", "typed", namespace)
    assert ("postern.dev/jwt-key", made) == (secret["type"], base64.b64decode(secret["data"]["secret"]).decode())
    kubectl("wait", "--for=condition=Ready", "--timeout=60s", f"-n{namespace}", "pjwt/typed", check=True)
    installation.until_status(200, HOST, PATH, signed(made.encode(), "typed_key"))


def test_a_console_that_only_reads_saves_nothing(protected, console_of, tenant, kubectl, tmp_path):
    """A change is a manifest and a command, and a form that asks for a save all the same is refused."""
    namespace = tenant[1]
    options = ("--cluster", f"--kubeconfig={kubectl.kubeconfig}", "-n", namespace)
    with console_of(tmp_path, *options) as console:
        path = f"/routes/{namespace}/json/edit"
        before = kubectl.get("routes.postern.dev", "json", namespace)["metadata"]["generation"]
        console.open(path)
        console.fill(methods="GET HEAD")
        console.click("Look at the change")
        console.until(lambda: "apply --server-side --filename=route-json.yaml" in console.text())
        assert [] == console.chromium.find_elements(By.CSS_SELECTOR, 'button[value="save"]')
        console.open("/")
        assert 403 == console.chromium.execute_async_script(SAVE, path)
    assert before == kubectl.get("routes.postern.dev", "json", namespace)["metadata"]["generation"]


def test_an_account_without_rights_to_secrets_makes_no_token(protected, console_of, tenant, kubectl, tmp_path):
    """It sees the objects and why not; with --write it has no form for what it may not patch."""
    namespace = tenant[1]
    kinds = "services,routes,consumers,jwtcredentials".replace(",", ".postern.dev,") + ".postern.dev"
    where = f"-n{namespace}"
    kubectl("create", "role", "viewer", "--verb=get,list", f"--resource={kinds}", where, check=True)
    bound = f"--serviceaccount={namespace}:viewer"
    kubectl("create", "rolebinding", "viewer", "--role=viewer", bound, where, check=True)
    viewer = service_account_kubeconfig(kubectl, namespace, "viewer", tmp_path / "kubeconfig")
    with console_of(tmp_path, "--cluster", "--write", f"--kubeconfig={viewer}", "-n", namespace) as console:
        console.open("/")
        assert f"Left out: TokenIssuer of {namespace} (403 Forbidden)" in console.text()
        console.open(credential(tenant))
        assert re.search(
            rf"No token can be made with it from here: you may not get Secret {namespace}/", console.text()
        )
        assert f"you may not patch jwtcredentials.postern.dev in namespace {namespace}" in console.text()
        console.open(f"{credential(tenant)}/token")
        console.click("Generate")
        console.until(lambda: "a token can't be made without Secret" in console.text())
        console.open("/routes")
        assert "No new ones from here: you may not create and patch" in console.text()
