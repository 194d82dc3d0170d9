// A script that is no worker of this package.
