"""The files of a package: walked, hashed and watched for changes."""
