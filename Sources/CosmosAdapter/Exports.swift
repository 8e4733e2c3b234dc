@_exported public import CutoverAzureTransport
