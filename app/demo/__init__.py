"""The demo: an organisation to try Mandate with, an example tool and an example resource server.

Owns: the data directory of a demo, its company, and the processes and threads that make it run.
Does not own: any rule. It fills the database through the services, and its two programs know Mandate
by its wire only, as any tool and any API would.
"""
