/* The SDK's tools write a file of this name with the numbers of a program's symbols. hosts/psa includes it and uses none. */
