/** An image that starts, and comes to nothing: it never registers, and dies. */
throw new Error("dying, as the test wants it");
