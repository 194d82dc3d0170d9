//! What `--help` says.

/// What `--help` says.
pub const USAGE: &str = "\
Searches a build for a client secret of Procore's, and for what only a confidential client may do.
Nothing that it reads leaves this machine.

usage: procore-spa-auth audit [options] [path …]
       procore-spa-auth hash [--name NAME] < secret

A path is a file, an archive (.tgz, .tar, .zip, .gz, archives in archives) or a folder, which is searched whole. Without
one, those of dist, build, out, public and .output/public that are there.

Known secrets, which are found in every form in which a build may carry them. They are never printed:
  --dotenv FILE          take secrets from this file too; .env and .env.* of this folder and the environment are read anyway
  --no-env               read neither the environment nor .env files that are not named
  --secret-name NAME     the variable NAME holds a secret; those whose names say SECRET, PASSWORD or PRIVATE_KEY do anyway
  --public-name NAME     the variable NAME holds none
  --known-hash [NAME=]sha256:SALT:LENGTH:HASH
                         a secret that is not at hand, as `procore-spa-auth hash` prints it

What is public, or may stay:
  --client-id ID         your client ID; variables whose names end in CLIENT_ID are read anyway
  --public VALUE         another value that is public, exactly
  --baseline FILE        values that may stay, each with a reason and a last day
  --write-baseline FILE  add what is found now to FILE; needs --reason and --expires
  --reason TEXT          why it may stay
  --expires YYYY-MM-DD   the last day on which it may

What to search and to show:
  --only KIND            show findings of this kind only; may be given more than once
  --skip NAME            do not go into folders of this name; they are listed
  --format FORMAT        text (default), json or sarif (SARIF 2.1.0)
  --output FILE          write the report to FILE, in that format, and as text to the standard output
  --fail-on SEVERITY     error (default), warning or info: the least that makes the exit code 1
  --no-progress          no progress bar; there is none anyway where the standard error is no terminal
  -h, --help             this text
  -V, --version          the version

exit codes: 0 clean   1 something was found   2 something could not be looked into, or nothing was there   64 wrong usage
";
