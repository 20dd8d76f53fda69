"""The desk's own tables. Written entries of the audit trail cannot be changed by anybody, the desk included."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

REQUESTS = """
    CREATE TABLE requests (
        id text PRIMARY KEY,
        tenant text NOT NULL,
        kind text NOT NULL,
        requester text NOT NULL,
        subject text NOT NULL,
        status text NOT NULL,
        mode text NOT NULL,
        version integer NOT NULL,
        created_at timestamptz NOT NULL,
        expires_at timestamptz,
        due_at timestamptz,
        doc jsonb NOT NULL
    );
    CREATE UNIQUE INDEX requests_one_open ON requests (tenant, subject, kind)
        WHERE status IN ('acting', 'approval', 'ready', 'step_up', 'unknown');
    CREATE INDEX requests_due ON requests (due_at) WHERE due_at IS NOT NULL;
    CREATE INDEX requests_subject ON requests (tenant, subject, created_at);
    CREATE INDEX requests_requester ON requests (tenant, requester, created_at);
"""

AUDIT = """
    CREATE TABLE audit (
        tenant text NOT NULL,
        seq bigint NOT NULL,
        at timestamptz NOT NULL,
        request text NOT NULL,
        kind text NOT NULL,
        subject text NOT NULL,
        mode text NOT NULL,
        deed text NOT NULL,
        data jsonb NOT NULL,
        previous text NOT NULL,
        hash text NOT NULL,
        PRIMARY KEY (tenant, seq)
    );
    CREATE INDEX audit_request ON audit (request);
    CREATE TABLE chains (
        tenant text PRIMARY KEY,
        seq bigint NOT NULL,
        hash text NOT NULL
    );

    CREATE FUNCTION vouchsafe_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'the audit trail is only ever added to (% on %)', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'insufficient_privilege';
    END;
    $$;
    CREATE TRIGGER audit_stays BEFORE UPDATE OR DELETE ON audit
        FOR EACH ROW EXECUTE FUNCTION vouchsafe_refuse_change();
    CREATE TRIGGER audit_stays_whole BEFORE TRUNCATE ON audit
        FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe_refuse_change();
    CREATE TRIGGER chains_grow BEFORE UPDATE ON chains
        FOR EACH ROW WHEN (NEW.tenant <> OLD.tenant OR NEW.seq <= OLD.seq)
        EXECUTE FUNCTION vouchsafe_refuse_change();
    CREATE TRIGGER chains_stay BEFORE DELETE ON chains
        FOR EACH ROW EXECUTE FUNCTION vouchsafe_refuse_change();
    CREATE TRIGGER chains_stay_whole BEFORE TRUNCATE ON chains
        FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe_refuse_change();
"""

MESSAGES = """
    CREATE TABLE private_chats (
        tenant text NOT NULL,
        person text NOT NULL,
        name text NOT NULL,
        language text NOT NULL,
        chat text NOT NULL,
        service_url text NOT NULL,
        teams_user text NOT NULL,
        PRIMARY KEY (tenant, person)
    );
    CREATE TABLE posted (
        request text NOT NULL,
        slot text NOT NULL,
        person text NOT NULL,
        chat jsonb,
        activity text NOT NULL,
        shown text NOT NULL,
        deleted boolean NOT NULL,
        PRIMARY KEY (request, slot, person)
    );
    CREATE TABLE sign_ins (
        id text PRIMARY KEY,
        request text NOT NULL,
        person text NOT NULL,
        stage text NOT NULL,
        version integer NOT NULL,
        created_at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL,
        doc jsonb NOT NULL
    );
    CREATE INDEX sign_ins_person ON sign_ins (request, person, created_at);
    CREATE INDEX sign_ins_expiry ON sign_ins (expires_at);
    CREATE TABLE seen (
        tenant text NOT NULL,
        key text NOT NULL,
        at timestamptz NOT NULL,
        PRIMARY KEY (tenant, key)
    );
    CREATE INDEX seen_at ON seen (at);
"""


def upgrade() -> None:
    for statements in (REQUESTS, AUDIT, MESSAGES):
        # As written, past every parameter syntax: `%` and `:` mean themselves here.
        op.get_bind().connection.cursor().execute(statements)
