"""A simulated Salesforce org with Service Cloud."""
