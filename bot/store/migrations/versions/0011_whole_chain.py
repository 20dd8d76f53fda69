"""The database itself refuses an entry that does not follow the end of its chain, and an end that is no entry."""

from alembic import op
from psycopg import sql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

oldest = "0003"  # every version so far adds entries and moves the end in one statement, which is all this asks

# Both look once the whole statement is done. Tables are named with their schema and nothing else is searched: whoever
# adds an entry may have made a table of their own by the same name.
GUARDS = """
    CREATE FUNCTION vouchsafe_follows() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
    BEGIN
        IF EXISTS (SELECT FROM {schema}.chains WHERE tenant = NEW.tenant AND seq >= NEW.seq)
           AND (NEW.seq = 1 AND NEW.previous = repeat('0', 64)
                OR EXISTS (SELECT FROM {schema}.audit
                           WHERE tenant = NEW.tenant AND seq = NEW.seq - 1 AND hash = NEW.previous)) THEN
            RETURN NULL;
        END IF;
        RAISE EXCEPTION 'an entry of the audit trail follows the one before it, and is not beyond the end'
            USING ERRCODE = 'insufficient_privilege';
    END;
    $$;
    CREATE TRIGGER audit_follows AFTER INSERT ON {schema}.audit
        FOR EACH ROW EXECUTE FUNCTION vouchsafe_follows();

    CREATE FUNCTION vouchsafe_ends() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
    BEGIN
        IF NEW.seq = 0 AND NEW.hash = repeat('0', 64)
           OR EXISTS (SELECT FROM {schema}.audit
                      WHERE tenant = NEW.tenant AND seq = NEW.seq AND hash = NEW.hash) THEN
            RETURN NULL;
        END IF;
        RAISE EXCEPTION 'a chain of the audit trail ends with an entry that is there'
            USING ERRCODE = 'insufficient_privilege';
    END;
    $$;
    CREATE TRIGGER chains_end AFTER INSERT OR UPDATE ON {schema}.chains
        FOR EACH ROW EXECUTE FUNCTION vouchsafe_ends();
"""


def upgrade() -> None:
    cursor = op.get_bind().connection.cursor()
    (schema,) = cursor.execute("SELECT current_schema()").fetchone()
    cursor.execute(sql.SQL(GUARDS).format(schema=sql.Identifier(schema)))
